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
    public Task Upsert(string table, string[] columns, string[] key, IEnumerable<object?[]> rows, CancellationToken ct)
    {
        var changes = columns.Except(key).Select(c => $"\"{c}\" = excluded.\"{c}\"");
        return Run(table, columns, $" ON CONFLICT ({Quoted(key)}) DO UPDATE SET {string.Join(", ", changes)}", rows, ct);
    }

    private async Task Run(string table, string[] columns, string suffix, IEnumerable<object?[]> rows, CancellationToken ct)
    {
        foreach (var chunk in rows.Chunk(ParametersAtOnce / columns.Length))
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
            var sql = new StringBuilder($"INSERT INTO \"{table}\" ({Quoted(columns)}) VALUES ");
            for (var i = 0; i < chunk.Length; i++)
                sql.Append(i == 0 ? "(" : ", (").AppendJoin(", ", chunk[i].Select(value => Parameter(command, value))).Append(')');
            command.CommandText = sql.Append(suffix).ToString();
            await command.ExecuteNonQueryAsync(ct);
        }
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
