using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveSessions.Server.Transcripts;

/// <summary>Many rows in few statements, with the upsert that EF Core has no word for; the same SQL on both databases. Names come from code, values are parameters.</summary>
internal sealed class RowWriter(ArchiveDb db)
{
    private const int ParametersAtOnce = 2000;

    public Task Insert(string table, string[] columns, IEnumerable<object?[]> rows, CancellationToken ct) => Run(table, columns, "", rows, ct);

    /// <summary>A row whose key is there already takes all the new values.</summary>
    /// <param name="fixedOnes">Columns that never change, so that their indexes are left alone.</param>
    public Task Upsert(string table, string[] columns, string[] key, string[] fixedOnes, IEnumerable<object?[]> rows, CancellationToken ct)
    {
        var changes = columns.Except(key).Except(fixedOnes).Select(c => $"\"{c}\" = excluded.\"{c}\"");
        return Run(table, columns, $" ON CONFLICT ({Quoted(key)}) DO UPDATE SET {string.Join(", ", changes)}", rows, ct);
    }

    private async Task Run(string table, string[] columns, string suffix, IEnumerable<object?[]> rows, CancellationToken ct)
    {
        // SQLite is in this process and looks a parameter's name up among all of the statement, so there one row at a time, by a statement made once, is quickest.
        var rowsAtOnce = db is SqliteArchive ? 1 : ParametersAtOnce / columns.Length;
        DbCommand? command = null;
        try
        {
            foreach (var chunk in rows.Chunk(rowsAtOnce))
            {
                var values = chunk.SelectMany(row => row);
                if (command is not null && command.Parameters.Count == chunk.Length * columns.Length)
                {
                    foreach (var (i, value) in values.Index())
                        command.Parameters[i].Value = value ?? DBNull.Value;
                }
                else
                {
                    if (command is not null)
                        await command.DisposeAsync();
                    command = Command(table, columns, suffix, chunk);
                }
                await command.ExecuteNonQueryAsync(ct);
            }
        }
        finally
        {
            if (command is not null)
                await command.DisposeAsync();
        }
    }

    private DbCommand Command(string table, string[] columns, string suffix, object?[][] rows)
    {
        var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
        var sql = new StringBuilder($"INSERT INTO \"{table}\" ({Quoted(columns)}) VALUES ");
        for (var i = 0; i < rows.Length; i++)
            sql.Append(i == 0 ? "(" : ", (").AppendJoin(", ", rows[i].Select(value => Parameter(command, value))).Append(')');
        command.CommandText = sql.Append(suffix).ToString();
        return command;
    }

    private static string Quoted(string[] names) => string.Join(", ", names.Select(n => $"\"{n}\""));

    private static string Parameter(DbCommand command, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@p" + command.Parameters.Count.ToString(CultureInfo.InvariantCulture);
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return parameter.ParameterName;
    }
}
