using System.Globalization;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Server.Backup;

/// <summary>SQLite files without the archive's model, for copies may be of another version. Parameters are <c>$0</c>, <c>$1</c> ...; nothing runs out of time.</summary>
internal static class PlainSqlite
{
    /// <summary>Not one of the pool's connections, which are looked after by somebody else.</summary>
    public static SqliteConnection Open(SqliteConnectionStringBuilder where)
    {
        where.Pooling = false;
        var connection = new SqliteConnection(where.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>The first value of the first row, or null.</summary>
    public static object? Ask(this SqliteConnection connection, string sql, params object[] values)
    {
        using var command = Command(connection, sql, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>The first value of each row, as text.</summary>
    public static List<string> Column(this SqliteConnection connection, string sql, params object[] values)
    {
        using var command = Command(connection, sql, values);
        using var reader = command.ExecuteReader();
        var column = new List<string>();
        while (reader.Read())
            column.Add(reader.GetString(0));
        return column;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        foreach (var (i, value) in values.Index())
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i}"), value);
        return command;
    }
}
