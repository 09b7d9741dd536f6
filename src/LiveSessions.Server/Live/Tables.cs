using System.Text.Json;

namespace LiveSessions.Server.Live;

/// <summary>
/// Changes as they are packed: many views of one kind side by side, the ids in one row and each member's values in another, which deflates to a third of what the same views take one behind the other.
/// docs/protocol.md says how a table is read.
/// </summary>
internal static class Tables
{
    /// <summary>Fewer views of a kind stay as they are.</summary>
    private const int LeastRows = 3;

    private static readonly byte[] Nothing = "null"u8.ToArray();

    public static void Write(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, byte[]?>> changes)
    {
        writer.WriteStartArray();
        foreach (var kind in changes.GroupBy(c => c.Value is null ? null : KindOf(c.Key)))
        {
            var some = kind.ToList();
            if (kind.Key is null || some.Count < LeastRows)
                foreach (var (key, view) in some)
                    WireBytes.WriteChange(writer, key, view);
            else
                WriteTable(writer, kind.Key, [.. some.Select(c => (c.Key[(kind.Key.Length + 1)..], c.Value!)).OrderBy(c => c.Item1.Length).ThenBy(c => c.Item1, StringComparer.Ordinal)]);
        }
        writer.WriteEndArray();
    }

    /// <summary>Null of a key that there is only one of.</summary>
    private static string? KindOf(string key) => key.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? key[..colon] : null;

    private static void WriteTable(Utf8JsonWriter writer, string kind, (string Id, byte[] View)[] rows)
    {
        var columns = new List<Column>();
        for (var row = 0; row < rows.Length; row++)
            Read(rows[row].View, row, rows.Length, columns);
        writer.WriteStartObject();
        writer.WriteString("kind", kind);
        writer.WriteStartArray("ids");
        foreach (var (id, _) in rows)
            writer.WriteStringValue(id);
        writer.WriteEndArray();
        writer.WriteStartObject("columns");
        foreach (var column in columns)
        {
            writer.WriteStartArray(column.Name);
            if (!column.SaysTheId(rows))
                foreach (var value in column.UpToTheLastChange())
                    writer.WriteRawValue(value.IsEmpty ? Nothing : value.Span, skipInputValidation: true);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Read(byte[] view, int row, int rows, List<Column> columns)
    {
        var reader = new Utf8JsonReader(view);
        reader.Read();
        for (var next = 0; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; next++)
        {
            var at = next < columns.Count && reader.ValueTextEquals(columns[next].Name) ? next : Find(ref reader, columns);
            if (at < 0)
            {
                at = columns.Count;
                columns.Add(new(reader.GetString()!, rows));
            }
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            columns[at].Values[row] = view.AsMemory(start..(int)reader.BytesConsumed);
            next = at;
        }
    }

    private static int Find(ref Utf8JsonReader reader, List<Column> columns)
    {
        for (var i = 0; i < columns.Count; i++)
            if (reader.ValueTextEquals(columns[i].Name))
                return i;
        return -1;
    }

    /// <summary>One member of all rows; empty where a row has none.</summary>
    private sealed class Column(string name, int rows)
    {
        public string Name => name;
        public ReadOnlyMemory<byte>[] Values { get; } = new ReadOnlyMemory<byte>[rows];

        public bool SaysTheId((string Id, byte[] View)[] rows)
        {
            for (var i = 0; i < rows.Length; i++)
                if (Values[i].Span is not [(byte)'"', .. var text, (byte)'"'] || !System.Text.Ascii.Equals(text, rows[i].Id))
                    return false;
            return true;
        }

        /// <summary>What the last value repeats is left out: it goes on to the last row.</summary>
        public ArraySegment<ReadOnlyMemory<byte>> UpToTheLastChange()
        {
            var count = rows;
            while (count > 1 && Values[count - 2].Span.SequenceEqual(Values[count - 1].Span))
                count--;
            return new(Values, 0, count);
        }
    }
}
