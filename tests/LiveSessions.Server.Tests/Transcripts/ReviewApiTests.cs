using System.Net;
using System.Text.Json.Nodes;
using CsvHelper;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Server.Transcripts.Exports;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Transcripts;

public sealed class ReviewApiTests(SharedRedis redis) : IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 10, 6, 17, 23, 10, TimeSpan.Zero);
    private Site site = null!;
    private Browser host = null!;
    private Browser reader = null!;
    private string session = "";

    public async ValueTask InitializeAsync()
    {
        site = await Site.Open(redis);
        host = await site.Person();
        reader = await site.Person(host);
        (session, _) = await host.MakeSession(site.Time);
        await Fill(session);
    }

    public ValueTask DisposeAsync() => site.DisposeAsync();

    private static TranscriptLine Line(string id, long seq, LineKind kind, string text, string conversation = "5-r12", string? phase = "hopes", string? speaker = "Quail", bool stays = false) =>
        new(id, seq, At.AddSeconds(seq), conversation, phase, kind, speaker, "p1", "leader", "Heron", text, kind == LineKind.Turn ? "paraphrase" : null, kind == LineKind.Note ? "asp" : null, null, stays, true, true, []);

    private Task Fill(string id)
    {
        ConversationRecord Room(string conversation, string name) => new(
            conversation, new SessionId(id), new RoomId(conversation[2..]), name, "community-conversation", "Community conversation", null, At, At.AddMinutes(40), 5,
            [new PhaseRecord("hopes", "goRound", "What do you hope?", [], At, null), new PhaseRecord("steps", "open", "First steps?", [], At, null)], [new ColumnRecord("asp", "Aspirations")]);
        return site.Store.Write(new SessionId(id), "e1", 0, [], [Room("5-r12", "Room 12, Cedar"), Room("5-r3", "Room 3, Fir")],
        [
            Line("l2", 12, LineKind.Turn, "Hopes people linger downtown. The lantern walk: strangers carried each other’s kids.") with { Earlier = [new EarlierWording(At, "Hopes people stay.", Left: 2)] },
            Line("l1", 11, LineKind.Prompt, "What do you hope?", speaker: null),
            Line("l10", 12, LineKind.Note, "=HYPERLINK(\"http://evil.example\")"),
            Line("l3", 13, LineKind.Note, "Buried secret lantern", stays: true),
            Line("l4", 14, LineKind.Turn, "<script>alert(1)</script> *bold*", phase: "steps"),
            Line("l5", 15, LineKind.Turn, "A lantern in every window", "5-r3"),
        ], []);
    }

    private async Task<string> Grant(Browser to, bool mayExport = false, DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        var reply = await host.Post($"/api/sessions/{session}/grants", new { email = to.Email, from, until = until ?? site.Time.GetUtcNow().AddDays(30), mayExport });
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        return reply.Text("grant");
    }

    private async Task<HttpStatusCode> Status(Browser browser, string path) => (await browser.Get(path)).Status;

    [Fact]
    public async Task A_grant_opens_exactly_its_session_for_exactly_its_time()
    {
        var (other, _) = await host.MakeSession(site.Time);
        await Fill(other);
        var path = $"/api/review/sessions/{session}";
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, path));
        Assert.Equal(HttpStatusCode.OK, await Status(host, path));

        var now = site.Time.GetUtcNow();
        var grant = await Grant(reader, from: now.AddHours(1), until: now.AddHours(3));
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, path));
        Assert.Empty((await reader.Get("/api/review/sessions")).Json.AsArray());
        site.Time.Pass(TimeSpan.FromHours(2));
        Assert.Equal(HttpStatusCode.OK, await Status(reader, path));
        Assert.Equal([session], (await reader.Get("/api/review/sessions")).Json.AsArray().Select(s => s!["session"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, $"/api/review/sessions/{other}"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, $"/api/sessions/{session}"));
        site.Time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, path));

        grant = await Grant(reader);
        Assert.Equal(HttpStatusCode.OK, await Status(reader, path));
        Assert.Equal(HttpStatusCode.NoContent, (await host.Delete($"/api/sessions/{session}/grants/{grant}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, path));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Delete($"/api/sessions/{session}/grants/{grant}")).Status);
    }

    [Fact]
    public async Task The_matrix_counts_turns_and_notes_by_prompt_and_room()
    {
        await Grant(reader);
        var detail = (await reader.Get($"/api/review/sessions/{session}")).Json;
        Assert.Equal((2, 5, false), (detail["conversations"]!.GetValue<int>(), detail["lines"]!.GetValue<int>(), detail["mayExport"]!.GetValue<bool>()));
        var rooms = detail["rooms"]!.AsArray();
        Assert.Equal(["Room 3, Fir", "Room 12, Cedar"], rooms.Select(r => r!["roomName"]!.GetValue<string>()));
        Assert.Equal((3, 1), (rooms[1]!["counts"]!["hopes"]!.GetValue<int>(), rooms[1]!["counts"]!["steps"]!.GetValue<int>()));
        Assert.Null(rooms[0]!["counts"]!["steps"]);
    }

    [Fact]
    public async Task A_conversation_is_told_in_order_with_what_stays_in_the_room()
    {
        await Grant(reader);
        var reading = (await reader.Get($"/api/review/sessions/{session}/conversations/5-r12")).Json;
        Assert.Equal(["l1", "l10", "l2", "l3", "l4"], reading["lines"]!.AsArray().Select(l => l!["id"]!.GetValue<string>()));
        Assert.Equal(("Quail", "Heron", "Hopes people stay."), (reading["lines"]![2]!["speaker"]!.GetValue<string>(), reading["lines"]![2]!["writtenBy"]!.GetValue<string>(), reading["lines"]![2]!["earlier"]![0]!["text"]!.GetValue<string>()));
        Assert.True(reading["lines"]![3]!["staysInRoom"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, $"/api/review/sessions/{session}/conversations/5-r99"));
    }

    [Fact]
    public async Task Search_looks_through_what_one_may_read_and_marks_what_it_finds()
    {
        var (other, _) = await host.MakeSession(site.Time);
        await Fill(other);
        Assert.Equal(0, (await reader.Get("/api/review/search?q=lantern")).Json["total"]!.GetValue<int>());
        await Grant(reader);
        var found = (await reader.Get("/api/review/search?q=LANTERN")).Json;
        Assert.Equal((3, 2), (found["total"]!.GetValue<int>(), found["conversations"]!.GetValue<int>()));
        Assert.All(found["hits"]!.AsArray(), h => Assert.Equal(session, h!["session"]!.GetValue<string>()));
        var parts = found["hits"]![0]!["parts"]!.AsArray();
        Assert.Equal("lantern", Assert.Single(parts, p => p!["found"]!.GetValue<bool>())!["text"]!.GetValue<string>());
        Assert.StartsWith("Hopes people linger", string.Concat(parts.Select(p => p!["text"]!.GetValue<string>())));
        Assert.Equal(6, (await host.Get("/api/review/search?q=lantern")).Json["total"]!.GetValue<int>());
        Assert.Equal(3, (await host.Get($"/api/review/search?q=lantern&session={other}")).Json["total"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, $"/api/review/search?q=lantern&session={other}"));
        Assert.Equal(0, (await reader.Get("/api/review/search?q=%22%20--")).Json["total"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.BadRequest, await Status(reader, "/api/review/search?q=" + new string('a', 201)));
    }

    [Fact]
    public void A_long_text_is_cut_around_what_was_found()
    {
        var text = string.Join(' ', Enumerable.Range(0, 400).Select(n => n == 200 ? "needle" : "hay𝒳"));
        var words = SearchWords.Parse("needle")!;
        var parts = Excerpt.Of(text, words.Find(text));
        Assert.InRange(parts.Sum(p => p.Text.Length), 50, 340);
        Assert.Equal(("… ", " …"), (parts[0].Text, parts[^1].Text));
        Assert.Single(parts, p => p is { Found: true, Text: "needle" });
        Assert.All(parts, p => Assert.Equal(p.Text, new string(p.Text.EnumerateRunes().SelectMany(r => r.ToString()).ToArray())));
        CsCheck.Check.Sample(CsCheck.Gen.Select(CsCheck.Gen.String[0, 2000], CsCheck.Gen.String[1, 5]), (any, query) =>
        {
            if (SearchWords.Parse(query) is { } q)
                Assert.InRange(Excerpt.Of(any, q.Find(any)).Sum(p => p.Text.Length), 0, 400);
        });
    }

    [Fact]
    public async Task Exports_need_their_own_right()
    {
        await Grant(reader, mayExport: false);
        var path = $"/api/review/sessions/{session}/export?format=json";
        Assert.Equal(HttpStatusCode.Forbidden, await Status(reader, path));
        await Grant(reader, mayExport: true);
        Assert.Equal(HttpStatusCode.OK, await Status(reader, path));
        Assert.Equal(HttpStatusCode.BadRequest, await Status(reader, $"/api/review/sessions/{session}/export?format=exe"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(reader, $"/api/review/sessions/{session}/conversations/..%2F..%2Fetc/export?format=csv"));
    }

    [Theory]
    [InlineData("md", "text/markdown; charset=utf-8")]
    [InlineData("csv", "text/csv; charset=utf-8")]
    [InlineData("json", "application/json; charset=utf-8")]
    public async Task No_export_holds_what_stays_in_the_room(string format, string contentType)
    {
        var whole = await host.Get($"/api/review/sessions/{session}/export?format={format}");
        Assert.Equal(contentType, whole.Header("Content-Type"));
        Assert.Equal("no-store", whole.Header("Cache-Control"));
        Assert.StartsWith($"attachment; filename=transcript-2026-10-06-{session}.{format}", whole.Header("Content-Disposition"));
        Assert.Contains("lantern walk", whole.Body);
        Assert.Contains("in every window", whole.Body);
        Assert.DoesNotContain("Buried", whole.Body);

        var one = await host.Get($"/api/review/sessions/{session}/conversations/5-r3/export?format={format}");
        Assert.StartsWith($"attachment; filename=transcript-2026-10-06-{session}-5-r3.{format}", one.Header("Content-Disposition"));
        Assert.Contains("in every window", one.Body);
        Assert.DoesNotContain("lantern walk", one.Body);
        if (format == "json")
            Assert.Equal((1, 1), (JsonNode.Parse(whole.Body)!["leftOut"]!.GetValue<int>(), JsonNode.Parse(whole.Body)!["version"]!.GetValue<int>()));
        if (format == "md")
        {
            Assert.DoesNotMatch(@"(?<!\\)[<*]script|(?<!\\)<", whole.Body);
            Assert.Contains(@"\<script\>alert(1)\</script\> \*bold\*", whole.Body);
            Assert.Contains("### What do you hope?", whole.Body);
            Assert.Contains("After that it was changed 2 times more, which is left out here.", whole.Body);
            Assert.Contains("One line that stays in its room is left out.", whole.Body);
        }
    }

    [Fact]
    public async Task No_cell_of_a_csv_can_be_a_formula()
    {
        string[] starts = ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00A0=", "\u200B=", "\uFEFF=", "\u3000=", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−", "\t", "\r", "=1+1,", "=\"", "@SUM(", "+1", "-2+3", "=cmd|' /C calc'!A0", "\u202E=",
            "\u200C=", "\u200D=", "\u2060=", "\u00AD=", "\u2066=", "\u2067=", "\u2068=", "\u2069=", "\u200E=", "\u200F=", "\u202A=", "\u202D=", "\u2009=", "\u2007=", "\u205F=", "\u2028=", "\u0001=", "\u001B=", "\u007F=", "\v=", "\f=", "\t\t=",
            "\r\n=", " \t =", "⁼", "₌", "⁺", "₊", "⁻", "₋", "=HYPERLINK(\"http://evil.example\")", "=IMPORTXML(", "+cmd|", "-cmd|", "@cmd|", "=\n"];
        Assert.True(starts.Length >= 60);
        var lines = starts.Select((start, n) => Line($"f{n}", 100 + n, LineKind.Turn, $"{start}1+1", "5-r3") with { Speaker = $"{start}name", Column = $"{start}col", SpeakerRole = $"{start}role" }).ToArray();
        await site.Store.Write(new SessionId(session), "e1", 0, [], [], lines, []);
        var reply = await host.Get($"/api/review/sessions/{session}/export?format=csv");
        using var csv = CsvReader.FromText(reply.Body, new CsvReaderOptions { HasHeader = false, Separator = ',' });
        var rows = 0;
        while (csv.Read())
        {
            rows++;
            for (var i = 0; i < csv.FieldCount; i++)
                AssertHarmless(csv.GetString(i));
        }
        Assert.Equal(1 + 5 + starts.Length, rows);
        Assert.Equal("ordinary - text = fine", CsvExport.Harmless("ordinary - text = fine"));
        Assert.Equal("2026-10-06", CsvExport.Harmless("2026-10-06"));
    }

    /// <summary>Names of people are words in an export and never part of its file's name.</summary>
    [Fact]
    public async Task Odd_names_stay_words_in_an_export_and_never_reach_its_file_name()
    {
        string[] parts = ["../", "..\\", "/etc/passwd", "C:\\", "CON", "NUL.txt", "COM1", ".", "..", ".htaccess", "\u202Etxt.exe", "\u200B", "\uFEFF", "\"; filename=evil.exe", "a\r\nSet-Cookie: x=1", "%2e%2e%2f", "%00", "*?<>|:", "${HOME}", new string('n', 300)];
        var names = parts.SelectMany(part => new[] { part, part + "Ada", "Ada" + part, part + part, $"{part}Ada{part}" }).ToArray();
        Assert.Equal(100, names.Length);
        var lines = names.Select((name, n) => Line($"o{n}", 100 + n, LineKind.Turn, $"words {n} of {name}", "5-r3") with { Speaker = name }).ToArray();
        await site.Store.Write(new SessionId(session), "e1", 0, [], [], lines, []);
        foreach (var format in (string[])["md", "csv", "json"])
        {
            var reply = await host.Get($"/api/review/sessions/{session}/export?format={format}");
            var file = $"transcript-2026-10-06-{session}.{format}";
            Assert.Equal($"attachment; filename={file}; filename*=UTF-8''{file}", reply.Header("Content-Disposition"));
            Assert.DoesNotContain(reply.SetCookies, c => c.StartsWith("x=", StringComparison.Ordinal));
            Assert.All(Enumerable.Range(0, names.Length), n => Assert.Contains($"words {n} of", reply.Body, StringComparison.Ordinal));
        }
    }

    private static void AssertHarmless(string cell)
    {
        var bare = new string(cell.Normalize(System.Text.NormalizationForm.FormKC).Where(c => !char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) != System.Globalization.UnicodeCategory.Format).ToArray());
        Assert.False(bare.Length > 0 && bare[0] is '=' or '+' or '-' or '@' or '\u2212', $"A formula could begin here: {cell}");
        Assert.False(cell.Length > 0 && cell[0] is '\t' or '\r' or '\n');
    }

    [Fact]
    public async Task Every_reading_search_export_and_grant_is_one_audit_row_without_a_word_of_content()
    {
        var grant = await Grant(reader, mayExport: true);
        await reader.Get($"/api/review/sessions/{session}");
        await reader.Get($"/api/review/sessions/{session}/conversations/5-r12");
        await reader.Get("/api/review/search?q=lantern");
        await reader.Get($"/api/review/sessions/{session}/export?format=csv");
        await reader.Get($"/api/review/sessions/{session}/conversations/5-r3/export?format=md");
        await host.Delete($"/api/sessions/{session}/grants/{grant}");
        await reader.Get($"/api/review/sessions/{session}");

        await using var db = await site.Db();
        var rows = await db.AuditRows.OrderBy(a => a.Seq).Where(a => !a.What.StartsWith("account.")).ToListAsync();
        Assert.Equal(
            [
                (host.AccountId, "grant.give.export", $"{session}/{reader.AccountId}/{grant}"), (reader.AccountId, "review.session", session), (reader.AccountId, "review.read", $"{session}/5-r12"),
                (reader.AccountId, "review.search", session), (reader.AccountId, "review.export.csv", session), (reader.AccountId, "review.export.md", $"{session}/5-r3"),
                (host.AccountId, "grant.revoke", $"{session}/{grant}"),
            ],
            rows.Select(r => (r.Who, r.What, r.Which)));
        Assert.Null(await site.Services.GetRequiredService<AuditTrail>().FirstTampered());
    }
}
