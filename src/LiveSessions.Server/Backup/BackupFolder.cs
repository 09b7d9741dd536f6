using System.Globalization;
using LiveSessions.Log;
using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Backup;

/// <summary>
/// What lies where in a folder of copies: <c>archive.db</c>, and in <c>people.db</c> what has changed since in its small tables; <c>daily/archive-2026-11-30.db</c>, as it was at the end of that day; <c>sessions/SESSION.log</c>, the log of each session that is not yet over
/// or was a short while ago; <c>exercises</c> and <c>plans</c>; and <c>backup.id</c>, which says whose copies they are.
/// </summary>
internal sealed class BackupFolder(string path)
{
    private const string Day = "yyyy-MM-dd";

    public string Path => path;
    public string Archive => In("archive.db");
    public string Small => In("people.db");
    public string Daily => In("daily");
    public string Sessions => In("sessions");
    public string IdFile => In("backup.id");
    public string Instructions => In("how-to-put-back.txt");

    public string In(string name) => System.IO.Path.Combine(path, name);

    public string Mirror(SessionId session) => System.IO.Path.Combine(Sessions, $"{session.Value}{SessionMirror.Extension}");

    public string DailyOf(DateTime day) => System.IO.Path.Combine(Daily, $"archive-{day.ToString(Day, CultureInfo.InvariantCulture)}.db");

    /// <summary>The day's ends that are kept, with their days.</summary>
    public IEnumerable<(string File, DateTime Day)> Dailies()
    {
        foreach (var file in Directory.Exists(Daily) ? Directory.GetFiles(Daily, "archive-*.db") : [])
            if (DateTime.TryParseExact(System.IO.Path.GetFileNameWithoutExtension(file)["archive-".Length..], Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                yield return (file, day);
    }

    /// <summary>The id in a file, or null.</summary>
    public static string? Id(string file) => File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } id ? id : null;

    /// <summary>The file of a data folder that says whose copies belong to it.</summary>
    public static string IdOf(string dataFolder) => System.IO.Path.Combine(dataFolder, "backup.id");

    public static void WriteId(string file, string id)
    {
        File.Delete(file);
        using var made = PrivateFiles.MakeNew(file);
        made.Write(System.Text.Encoding.ASCII.GetBytes(id));
        made.Flush(flushToDisk: true);
    }
}
