using System.Text;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Backup;

/// <summary>
/// One session's log in a file: a line that says which log it is, then each entry on a line of its own, behind the beginning of the rolling hash of all entries so far. From a line on that is cut off or
/// damaged it counts as not there, and is written again. A log that began anew, or was set
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
    /// <param name="Hash">Of all entries, as <see cref="TranscriptStore.After"/> rolls it.</param>
    private sealed record Held(string Epoch, long Length, long Bytes, byte[] Hash);

    /// <summary>So much of the hash stands before each entry, in hex digits and a space.</summary>
    private const int HashDigits = 16;

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
    public static (SessionId Session, string Epoch, IReadOnlyList<byte[]> Entries)? Read(string file) =>
        Sound(file) is { } sound ? (new(sound.Heading.Session), sound.Heading.Epoch, sound.Entries) : null;

    /// <summary>Up to the first line that is cut off or not as it was written.</summary>
    private static (Heading Heading, List<byte[]> Entries, Held Held)? Sound(string file)
    {
        var rest = Whole(file).AsSpan();
        var entries = new List<byte[]>();
        var (bytes, hash) = (0L, TranscriptStore.NoEntries);
        Heading? heading = null;
        while (rest.IndexOf(LineEnd) is >= 0 and var end)
        {
            var line = rest[..end];
            if (heading is null)
            {
                heading = HeadingOf(line);
                if (heading is null || !Id.IsWellFormed(heading.Session))
                    return null;
            }
            else
            {
                if (line.Length <= HashDigits)
                    break;
                var entry = line[(HashDigits + 1)..];
                var after = TranscriptStore.After(hash, entry);
                if (!line[..(HashDigits + 1)].SequenceEqual(Mark(after)))
                    break;
                entries.Add(entry.ToArray());
                hash = after;
            }
            bytes += end + 1;
            rest = rest[(end + 1)..];
        }
        return heading is null ? null : (heading, entries, new(heading.Epoch, entries.Count, bytes, hash));
    }

    private static byte[] Mark(byte[] hash) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash)[..HashDigits] + " ");

    private void Recall()
    {
        if (!File.Exists(path))
        {
            _held = null;
            return;
        }
        if (_held is not null && new FileInfo(path).Length == _held.Bytes)
            return;
        _held = Sound(path)?.Held;
    }

    /// <summary>Also while somebody writes to it.</summary>
    private static byte[] Whole(string file)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        open.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static Heading? HeadingOf(ReadOnlySpan<byte> line)
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
        _held = new(epoch, 0, heading.Length + 1, TranscriptStore.NoEntries);
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
        var hash = held.Hash;
        foreach (var entry in entries)
        {
            hash = TranscriptStore.After(hash, entry);
            file.Write(Mark(hash));
            file.Write(entry);
            file.WriteByte(LineEnd);
        }
        file.Flush(flushToDisk: true);
        _held = new(held.Epoch, held.Length + entries.Count, file.Position, hash);
    }
}
