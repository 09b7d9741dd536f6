using LiveSessions.Log;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Backup;

/// <summary>How copying stands.</summary>
/// <param name="IsOn">False: no folder was named, and nothing is copied.</param>
/// <param name="ArchiveAt">The copies held what the archive had then; null before the first copy. What was said in sessions since the last whole copy is in their logs.</param>
/// <param name="LogsAt">When the copied logs last held all that was written.</param>
/// <param name="Trouble">Why nothing is copied just now, in a sentence; null when all is well.</param>
public sealed record BackupState(bool IsOn, DateTimeOffset? ArchiveAt = null, DateTimeOffset? LogsAt = null, string? Trouble = null);

/// <summary>
/// Copies to another disk while the server runs, so that what is older than five seconds is there when the first disk is lost: each session's log a second after it grows, what people, rosters and grants
/// have changed two seconds after that, and the whole archive whenever it has changed, but for a hundredth of the time at most. On a thread that gives way to everybody.
/// </summary>
public sealed class Backups : BackgroundService
{
    private static readonly TimeSpan Sweep = TimeSpan.FromMinutes(1);

    /// <summary>A log has left Redis a day after its session's end at the latest.</summary>
    internal static readonly TimeSpan LongOver = TimeSpan.FromHours(25);

    private readonly BackupOptions _options;
    private readonly ISessionLog _log;
    private readonly LogNews _news;
    private readonly IDbContextFactory<ArchiveDb> _archive;
    private readonly ArchivePlace _place;
    private readonly TimeProvider _time;
    private readonly ILogger<Backups> _logger;
    private readonly QuietScheduler? _quiet;
    private readonly Dictionary<SessionId, SessionMirror> _mirrors = [];
    private readonly HashSet<SessionId> _behind = [];
    private readonly HashSet<SessionId> _over = [];
    private readonly BackupFolder _folder;
    private ArchiveCopy? _copy;
    private BackupState _state;
    private readonly Pace _wholes, _smalls;
    private long _sweptAt;

    internal Backups(BackupOptions options, ISessionLog log, LogNews news, IDbContextFactory<ArchiveDb> archive, ArchivePlace place, TimeProvider time, ILogger<Backups> logger)
    {
        (_options, _log, _news, _archive, _place, _time, _logger) = (options, log, news, archive, place, time, logger);
        _state = new(options.Directory is not null);
        _folder = new(options.Directory ?? "");
        _quiet = options.Directory is null ? null : new("Backup");
        (_wholes, _smalls) = (new(options.Rest, 100, time), new(options.Rest, 20, time));
    }

    /// <summary>When something is to be done again: after a rest, and so many times as long as it took.</summary>
    private sealed class Pace(TimeSpan rest, int times, TimeProvider time)
    {
        private long _done;
        private TimeSpan _took;

        public bool IsDue => _done == 0 || time.GetElapsedTime(_done) >= (_took * times > rest ? _took * times : rest);

        public void Do(Action what)
        {
            var started = time.GetTimestamp();
            what();
            _done = time.GetTimestamp();
            _took = time.GetElapsedTime(started, _done);
        }
    }

    public BackupState State => Volatile.Read(ref _state);

    /// <exception cref="BackupFault">The folder cannot be written to, or holds the copies of another archive.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.Directory is not null)
            Claim();
        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _quiet is null ? Task.CompletedTask : _quiet.Start(() => Run(stoppingToken));

    /// <summary>What was written last is copied too.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_quiet is not null)
            await _quiet.Start(() => Once(isLast: true, cancellationToken));
    }

    public override void Dispose()
    {
        _copy?.Dispose();
        _quiet?.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// A new data folder beside old copies is what a lost disk looks like when nobody thinks of the copies. They are not written over.
    /// </summary>
    private void Claim()
    {
        try
        {
            PrivateFiles.MakeDirectory(_folder.Path);
            PrivateFiles.MakeDirectory(_folder.Sessions);
            var (here, there) = (BackupFolder.Id(BackupFolder.IdOf(_place.Directory)), BackupFolder.Id(_folder.IdFile));
            if (there is not null && there != here)
                throw new BackupFault($"{_folder.Path} holds the copies of another archive than the one in {_place.Directory}. To put them back, move that folder away if it is there and start once with "
                    + $"--restore \"{_folder.Path}\" (docs/backup.md). To begin anew beside them, choose an empty folder for Backup:Directory.");
            if (there is null && File.Exists(_folder.Archive))
                throw new BackupFault($"{_folder.Path} holds an archive.db of which nobody knows whose it is (backup.id is missing). Choose an empty folder for Backup:Directory.");
            // Only where it is missing: a loss of power in between must not take away what was there.
            if (here is null)
                BackupFolder.WriteId(BackupFolder.IdOf(_place.Directory), here = Access.Secret.New());
            if (there is null)
                BackupFolder.WriteId(_folder.IdFile, here);
            File.WriteAllText(_folder.Instructions, Words.Instructions);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupFault($"Backup:Directory {_folder.Path} cannot be written to: {e.Message} Is the disk there? Nothing would be copied, so the server does not start.", e);
        }
        _copy = new(_place, _folder, _time);
        _logger.BackupOn(_folder.Path, _options.KeepDays);
    }

    private async Task Run(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(_options.Look, _time);
        try
        {
            do
                await Once(isLast: false, ct);
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
    }

    private async Task Once(bool isLast, CancellationToken ct)
    {
        try
        {
            // A disk that was taken away leaves its place behind, on the disk it is to save.
            if (BackupFolder.Id(_folder.IdFile) is null)
                throw new DirectoryNotFoundException($"{_folder.IdFile} is not there.");
            await FollowLogs(ct);
            CopyArchive(isLast);
            if (State.Trouble is not null)
                _logger.BackupWorksAgain();
            Tell(State with { Trouble = null });
        }
        // Whatever it is, people go on: nothing that is said depends on its being copied.
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (State.Trouble is null)
                _logger.BackupFailed(e);
            Tell(State with { Trouble = Words.Of(e) });
        }
    }

    private void Tell(BackupState state) => Volatile.Write(ref _state, state);

    private async Task FollowLogs(CancellationToken ct)
    {
        _behind.UnionWith(_news.Take());
        var now = _time.GetUtcNow();
        if (_sweptAt == 0 || _time.GetElapsedTime(_sweptAt) >= Sweep)
        {
            await LookAround(now, ct);
            _sweptAt = _time.GetTimestamp();
        }
        foreach (var session in _behind.ToList())
        {
            if (!_mirrors.TryGetValue(session, out var mirror))
                _mirrors[session] = mirror = new(session, _folder.Mirror(session));
            try
            {
                if (!await mirror.Follow(_log, ct) && await IsOver(session, ct))
                    _over.Add(session);
            }
            catch (LogDamaged)
            {
                // Said in the log where it was found. The others' are copied all the same.
            }
            _behind.Remove(session);
        }
        Tell(State with { LogsAt = now });
    }

    /// <summary>A log that is not there although its session goes on was lost, and its copy is what is left.</summary>
    private async Task<bool> IsOver(SessionId session, CancellationToken ct)
    {
        await using var db = await _archive.CreateDbContextAsync(ct);
        var row = await db.Sessions.AsNoTracking().Where(s => s.Id == session).Select(s => new { s.EndedAt }).SingleOrDefaultAsync(ct);
        return row is null || row.EndedAt is not null;
    }

    /// <summary>Sessions that this process has not heard of yet, and copies that are too old.</summary>
    private async Task LookAround(DateTimeOffset now, CancellationToken ct)
    {
        var isFirst = _sweptAt == 0;
        await using var db = await _archive.CreateDbContextAsync(ct);
        if (isFirst)
        {
            var since = now - LongOver;
            _behind.UnionWith(await db.Sessions.AsNoTracking().Where(s => s.StartedAt != null && (s.EndedAt == null || s.EndedAt > since)).Select(s => s.Id).ToListAsync(ct));
        }
        foreach (var file in Directory.GetFiles(_folder.Sessions))
            if (Path.GetExtension(file) == SessionMirror.Extension && Id.IsWellFormed(Path.GetFileNameWithoutExtension(file)))
            {
                if (isFirst)
                    _behind.Add(new(Path.GetFileNameWithoutExtension(file)));
            }
            else if (now.UtcDateTime - File.GetLastWriteTimeUtc(file) > TimeSpan.FromDays(_options.KeepDays))
                SessionMirror.Forget(file);
        foreach (var (file, day) in _folder.Dailies().ToList())
            if (now.UtcDateTime.Date - day > TimeSpan.FromDays(_options.KeepDays))
                File.Delete(file);
        foreach (var kind in TemplateShelf.OwnFolders)
            CopyTemplates(Path.Combine(_place.Directory, kind), _folder.In(kind));
    }

    private static void CopyTemplates(string from, string to)
    {
        if (!Directory.Exists(from))
            return;
        Directory.CreateDirectory(to);
        foreach (var file in new DirectoryInfo(from).GetFiles())
            if (new FileInfo(Path.Combine(to, file.Name)) is var copy && (!copy.Exists || copy.Length != file.Length || copy.LastWriteTimeUtc < file.LastWriteTimeUtc))
                file.CopyTo(copy.FullName, overwrite: true);
    }

    private void CopyArchive(bool isLast)
    {
        var at = _time.GetUtcNow();
        // What is over is copied whole soon, so that its log can go.
        if ((_wholes.IsDue || isLast || _over.Count > 0 && _smalls.IsDue) && _copy!.IsNewer())
            _wholes.Do(_copy.Make);
        else if ((_smalls.IsDue || isLast) && _copy!.IsSmallNewer())
            _smalls.Do(_copy.MakeSmall);
        if (!_copy!.IsSmallNewer())
            Tell(State with { ArchiveAt = at });
        // Only once what was made of them is copied too.
        if (_over.Count > 0 && !_copy.IsNewer())
            foreach (var session in _over.ToList())
            {
                if (_mirrors.Remove(session, out var mirror))
                    mirror.Forget();
                _over.Remove(session);
            }
    }
}
