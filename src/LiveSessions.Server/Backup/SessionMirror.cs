using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Backup;

/// <summary>
/// One session's log in a file: a line that says which log it is, then each entry on a line of its own. A line that was cut off in the middle counts as not there. A log that began anew, or was set
/// back, does not write over what the file has: that is set aside.
/// </summary>
internal sealed class SessionMirror(SessionId session, string path)
{
    public const string Extension = ".log";
    public const string SetAside = ".set-aside";
    private const byte LineEnd = (byte)'\n';

    private Held? _held;

    /// <summary>What the file holds.</summary>
    /// <param name="Bytes">Up to the end of the last whole line.</param>
    private sealed record Held(string Epoch, long Length, long Bytes);

    private sealed record Heading(string Session, string Epoch);

    /// <summary>Writes what the log has and the file has not, and waits until it is on the disk.</summary>
    /// <returns>False: there is no log.</returns>
    public async Task<bool> Follow(ISessionLog log, CancellationToken ct)
    {
        Recall();
        while (true)
        {
            var read = await log.Read(session, _held?.Length ?? 0, ISessionLog.MaxEntries, ct);
            if (read.Epoch is null)
                return false;
            if (_held is null || read.Epoch != _held.Epoch || read.Length < _held.Length)
            {
                Begin(read.Epoch);
                continue;
            }
            Write(_held, read.Entries);
            if (_held.Length >= read.Length)
                return true;
        }
    }

    /// <summary>Overwrites and deletes the file: the session's log has left Redis, and so do the words that are not kept.</summary>
    public void Forget()
    {
        _held = null;
        Forget(path);
    }

    public static void Forget(string file)
    {
        if (!File.Exists(file))
            return;
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write))
        {
            var nothing = new byte[64 * 1024];
            for (var left = stream.Length; left > 0; left -= nothing.Length)
                stream.Write(nothing, 0, (int)Math.Min(left, nothing.Length));
            stream.Flush(flushToDisk: true);
        }
        File.Delete(file);
    }

    /// <summary>What a file holds, for putting it back; null when it is none of these or cut off in its first line.</summary>
    public static (SessionId Session, string Epoch, IReadOnlyList<byte[]> Entries)? Read(string file)
    {
        var lines = new List<byte[]>();
        var rest = Whole(file).AsSpan();
        while (rest.IndexOf(LineEnd) is >= 0 and var end)
        {
            lines.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }
        return lines.Count > 0 && HeadingOf(lines[0]) is { } heading && Id.IsWellFormed(heading.Session) ? (new(heading.Session), heading.Epoch, lines[1..]) : null;
    }

    private void Recall()
    {
        if (!File.Exists(path))
        {
            _held = null;
            return;
        }
        if (_held is not null && new FileInfo(path).Length == _held.Bytes)
            return;
        _held = Read(path) is var (_, epoch, entries) ? new(epoch, entries.Count, WholeLines(path)) : null;
    }

    private static long WholeLines(string file) => Whole(file).AsSpan().LastIndexOf(LineEnd) + 1;

    /// <summary>Also while somebody writes to it.</summary>
    private static byte[] Whole(string file)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        open.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static Heading? HeadingOf(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize<Heading>(line) is { Session: not null, Epoch: not null } heading ? heading : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Begin(string epoch)
    {
        if (_held is { Length: > 0 })
            File.Move(path, Path.ChangeExtension(path, null) + $"-{_held.Epoch[..Math.Min(8, _held.Epoch.Length)]}-{_held.Length}{SetAside}", overwrite: true);
        else
            File.Delete(path);
        var heading = JsonSerializer.SerializeToUtf8Bytes(new Heading(session.Value, epoch));
        using var file = PrivateFiles.MakeNew(path, FileShare.Read);
        file.Write([.. heading, LineEnd]);
        file.Flush(flushToDisk: true);
        _held = new(epoch, 0, heading.Length + 1);
    }

    private void Write(Held held, IReadOnlyList<byte[]> entries)
    {
        if (entries.Count == 0)
            return;
        // Forgotten until it is known to be there: what was written half is looked at anew.
        _held = null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read);
        file.SetLength(held.Bytes);
        file.Position = held.Bytes;
        foreach (var entry in entries)
        {
            file.Write(entry);
            file.WriteByte(LineEnd);
        }
        file.Flush(flushToDisk: true);
        _held = held with { Length = held.Length + entries.Count, Bytes = file.Position };
    }
}
