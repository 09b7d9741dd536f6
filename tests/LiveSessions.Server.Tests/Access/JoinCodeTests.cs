using System.Net;
using LiveSessions.Server.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Transcripts;

namespace LiveSessions.Server.Tests.Access;

public sealed class JoinCodeTests(SharedRedis redis)
{
    [Fact]
    public void The_alphabet_has_28_signs_and_none_that_are_misread()
    {
        Assert.Equal(28, JoinCodes.Alphabet.Distinct().Count());
        Assert.DoesNotContain(JoinCodes.Alphabet, c => "OI01LSUZ".Contains(c));
        var codes = Enumerable.Range(0, 2000).Select(_ => JoinCodes.New()).ToList();
        Assert.Equal(2000, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Equal(code, JoinCodes.Read(JoinCodes.Shown(code))));
        Assert.Equal(28, codes.SelectMany(c => c).Distinct().Count());
    }

    /// <summary>At the most wrong tries a minute that the whole site takes before it slows down, with 200 sessions to hit.</summary>
    [Fact]
    public void A_day_of_guessing_hits_a_session_with_less_than_a_thousandth_of_chance()
    {
        var codes = Math.Pow(JoinCodes.Alphabet.Length, JoinCodes.Length);
        var chance = 200 * FailureThrottle.SlowModeAt * 60.0 * 24 / codes;
        Assert.InRange(chance, 0.0007, 0.001);
        // Three and a half years until the first hit is to be expected.
        Assert.InRange(1 / chance / 365, 3.5, 3.7);
    }

    [Theory]
    [InlineData("K7MQ4TXB", "K7MQ4TXB")]
    [InlineData(" k7mq-4txb ", "K7MQ4TXB")]
    [InlineData("k7mq – 4txb", "K7MQ4TXB")]
    [InlineData("Ｋ７ＭＱ４ＴＸＢ", "K7MQ4TXB")]
    [InlineData("K7 MQ\u00A04T\tXB", "K7MQ4TXB")]
    [InlineData("SUZQ4TXB", "5V2Q4TXB")]
    [InlineData("K7MQ4TX", null)]
    [InlineData("K7MQ4TXBB", null)]
    [InlineData("O7MQ4TXB", null)]
    [InlineData("K7MQ4TX!", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Case_spaces_and_dashes_do_not_matter(string? typed, string? code) => Assert.Equal(code, JoinCodes.Read(typed));

    /// <summary>A whole workshop joins from one address while somebody there guesses (or mistypes) fifty times a minute.</summary>
    [Fact]
    public async Task All_150_of_one_address_come_in_while_wrong_codes_come_from_there_too()
    {
        await using var site = await Site.Open(redis);
        var host = await site.Person();
        var (session, code) = await host.MakeSession(site.Time);
        var wrong = Enumerable.Range(0, 50).Select(_ => site.Browser().Get($"/api/join/{JoinCodes.New()}")).ToList();
        var right = await Task.WhenAll(Enumerable.Range(0, 150).Select(async n =>
        {
            var browser = site.Browser();
            var look = await browser.Get($"/api/join/{code}");
            var join = await browser.Post($"/api/join/{JoinCodes.Shown(code).ToLowerInvariant()}", new { name = $"Guest {n}", consent = "named", mayQuote = false });
            return (look.Status, join.Status);
        }));
        Assert.All(right, r => Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), r));
        Assert.All(await Task.WhenAll(wrong), r => Assert.Contains(r.Status, new[] { HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests }));
        Assert.Equal(150, (await host.Get($"/api/sessions/{session}")).Json["came"]!.GetValue<int>());
    }

    [Fact]
    public async Task Guesses_made_side_by_side_are_turned_away_unread_and_other_networks_are_not()
    {
        var throttle = new FailureThrottle(new FrozenTime());
        using var over = new CancellationTokenSource();
        var read = 0;
        Task<(bool, string?)> Guess(string from) => throttle.Try<string>(IPAddress.Parse(from), () =>
        {
            Interlocked.Increment(ref read);
            return Task.FromResult<string?>(null);
        }, over.Token);
        var guesses = Enumerable.Range(0, 2000).Select(n => Guess($"203.0.113.{n % 250}")).ToList();
        await Eventually.True(() => guesses.Count(g => g.IsCompleted) > 1900, "most guesses are turned away");
        Assert.InRange(read, FailureThrottle.FreeTries, FailureThrottle.FreeTries + FailureThrottle.HeldAtOnce + 10);

        var elsewhere = await throttle.Try(IPAddress.Parse("198.51.100.7"), () => Task.FromResult<string?>("in"), CancellationToken.None);
        Assert.Equal((true, "in"), elsewhere);
        await over.CancelAsync();
        await Task.WhenAll(guesses.Select(g => g.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    /// <summary>More wrong tries of one network than may be held, and a right one behind those in line: it is read in its turn, and no more wrong ones are read for that.</summary>
    [Fact]
    public async Task A_right_code_comes_in_behind_more_wrong_ones_than_may_wait()
    {
        var throttle = new FailureThrottle(TimeProvider.System);
        using var over = new CancellationTokenSource();
        var read = 0;
        Task<(bool WasMade, string?)> Try(string? answer) => throttle.Try(IPAddress.Loopback, () =>
        {
            Interlocked.Increment(ref read);
            return Task.FromResult(answer);
        }, over.Token);
        var all = FailureThrottle.FreeTries + FailureThrottle.HeldAtOnce;
        var wrong = Enumerable.Range(0, all + FailureThrottle.HeldAtOnce / 2 - 2).Select(_ => Try(null)).ToList();
        Assert.Equal(all, read);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (right, alsoRight) = (Try("in"), Try("in"));
        Assert.Equal((false, null), await Try("in"));

        Assert.Equal((true, "in"), await right);
        Assert.Equal((true, "in"), await alsoRight);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(wrong.Count + 2, read);
        await over.CancelAsync();
        await Task.WhenAll(wrong.Select(w => w.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Equal((true, "in"), await throttle.Try(IPAddress.Loopback, () => Task.FromResult<string?>("in"), CancellationToken.None));
    }

    [Fact]
    public async Task Ten_failures_a_minute_are_free_and_then_each_waits_longer()
    {
        var throttle = new FailureThrottle(new ManualTime());
        async Task<TimeSpan> Fail()
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Assert.Equal((true, null), await throttle.Try(IPAddress.Loopback, () => Task.FromResult<string?>(null), CancellationToken.None));
            return clock.Elapsed;
        }
        for (var i = 0; i < FailureThrottle.FreeTries; i++)
            Assert.InRange(await Fail(), TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        var (eleventh, twelfth) = (await Fail(), await Fail());
        Assert.InRange(eleventh.TotalMilliseconds, 240, 1200);
        Assert.InRange(twelfth.TotalMilliseconds, 490, 2400);
        // A right code is answered at once all the same.
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal((true, "in"), await throttle.Try(IPAddress.Loopback, () => Task.FromResult<string?>("in"), CancellationToken.None));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task A_thousand_failures_over_the_site_slow_down_only_those_who_fail()
    {
        var time = new ManualTime();
        var throttle = new FailureThrottle(time);
        using var over = new CancellationTokenSource();
        Task<(bool WasMade, string?)> Fail(string from) => throttle.Try(IPAddress.Parse(from), () => Task.FromResult<string?>(null), over.Token);
        for (var i = 0; i < FailureThrottle.SlowModeAt; i++)
            await Fail($"10.{i / 250}.{i % 250}.1");
        var held = Enumerable.Range(0, 20).Select(_ => Fail("10.0.0.1")).ToList();
        await Eventually.True(() => held.Count(h => h.IsCompleted) >= 20 - FailureThrottle.HeldAtOnceSlow - 8, "the second network of a kind is turned away");
        Assert.Contains(held.Where(h => h.IsCompletedSuccessfully), h => !h.Result.WasMade);
        Assert.Equal((true, "in"), await throttle.Try(IPAddress.Parse("2001:db8::1"), () => Task.FromResult<string?>("in"), CancellationToken.None));

        await over.CancelAsync();
        await Task.WhenAll(held.Select(h => h.ContinueWith(_ => { }, TaskScheduler.Default)));
        time.Pass(FailureThrottle.Window);
        Assert.Equal((true, null), await throttle.Try(IPAddress.Parse("10.0.0.1"), () => Task.FromResult<string?>(null), CancellationToken.None));
    }

    [Fact]
    public async Task Addresses_of_one_ipv6_network_count_together_and_an_ipv4_one_in_disguise_is_itself()
    {
        var throttle = new FailureThrottle(new FrozenTime());
        using var over = new CancellationTokenSource();
        async Task<int> Free(Func<int, string> address)
        {
            var tries = Enumerable.Range(0, FailureThrottle.FreeTries + 1).Select(n => throttle.Try(IPAddress.Parse(address(n)), () => Task.FromResult<string?>(null), over.Token)).ToList();
            await Eventually.True(() => tries.Count(t => t.IsCompleted) >= FailureThrottle.FreeTries, "the free tries are answered");
            return tries.Count(t => t.IsCompleted);
        }
        Assert.Equal(FailureThrottle.FreeTries, await Free(n => $"2001:db8:0:7::{n:x}"));
        Assert.Equal(FailureThrottle.FreeTries + 1, await Free(n => $"2001:db8:{n:x}::1"));
        Assert.Equal(FailureThrottle.FreeTries, await Free(n => n % 2 == 0 ? $"192.0.2.{n}" : $"::ffff:192.0.2.{n}"));
        await over.CancelAsync();
    }
}
