using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Rooms;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Time that was given, taken or stopped.</summary>
internal static class ClockWording
{
    public static void Tell(Page page, PhaseExtended e) =>
        page.Write(LineKind.Clock, e.Room, page.PhaseOf(e.Room), [e.By], teller => new($"{teller.Somebody(e.By)} {Gave(e.Minutes, "this step")}."));

    public static void Tell(Page page, RoomsExtended e)
    {
        foreach (var room in e.Room is { } one ? [one] : page.OpenRooms)
            page.Write(LineKind.Clock, room, page.PhaseOf(room), [e.By], teller => new($"{teller.Somebody(e.By)} {Gave(e.Minutes, e.Room is null ? "all rooms" : "this room")}."));
    }

    public static void Tell(Page page, BlockExtended e)
    {
        var plan = page.After.Plan;
        var from = e.From is { } giver ? $", {(e.Minutes > 0 ? "taken from" : "given to")} “{plan.Find(giver)!.Plan.Title}”" : "";
        page.Write(LineKind.Clock, RoomId.Plenary, page.PhaseOf(RoomId.Plenary), [], _ => new($"“{plan.Find(e.Block)!.Plan.Title}” got {Minutes(e.Minutes)} {(e.Minutes > 0 ? "more" : "less")}{from}."));
    }

    public static void Tell(Page page, RecallBegun e) => TellRooms(page, $"Everybody was called back, in {(int)Math.Round((e.EndsAt - page.At).TotalSeconds)} seconds.");

    public static void Tell(Page page, ClocksResumed e) =>
        TellAll(page, e.Pause < TimeSpan.FromMinutes(1) ? "The clocks run again." : $"The clocks run again after {Minutes((int)Math.Round(e.Pause.TotalMinutes))}.");

    public static void TellRooms(Page page, string what)
    {
        foreach (var room in page.OpenRooms)
            page.Write(LineKind.Clock, room, page.PhaseOf(room), [], _ => new(what));
    }

    public static void TellAll(Page page, string what)
    {
        page.Write(LineKind.Clock, RoomId.Plenary, page.PhaseOf(RoomId.Plenary), [], _ => new(what));
        TellRooms(page, what);
    }

    private static string Gave(int minutes, string what) => minutes > 0 ? $"gave {what} {Minutes(minutes)} more" : $"took {Minutes(minutes)} from {what}";

    private static string Minutes(int minutes) => Math.Abs(minutes) is 1 ? "1 minute" : $"{Math.Abs(minutes)} minutes";
}
