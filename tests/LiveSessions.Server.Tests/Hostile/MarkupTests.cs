using System.Diagnostics;
using System.Globalization;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using LiveSessions.Corpus;
using LiveSessions.Log;
using LiveSessions.Server.Live;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>The sanitiser alone, before any browser: what it leaves, and what it costs.</summary>
public sealed class MarkupTests
{
    private static readonly HashSet<string> Tags = ["b", "strong", "i", "em", "ul", "ol", "li", "p", "br", "a"];
    private readonly CleanText _clean = new();

    [Fact]
    public void Nothing_is_left_of_hostile_markup_but_the_short_list_and_cleaning_again_changes_nothing()
    {
        Assert.True(HostileMarkup.All.Count >= 300);
        var parser = new HtmlParser();
        var wrong = new List<string>();
        foreach (var vector in HostileMarkup.All)
        {
            var clean = _clean.Clean(vector);
            var again = clean;
            for (var times = 0; times < 3; times++)
            {
                // As a browser would: parsed, and written out again.
                again = parser.ParseDocument($"<!doctype html><body>{again}").Body!.InnerHtml;
                foreach (var element in parser.ParseDocument($"<!doctype html><body>{again}").Body!.QuerySelectorAll("*"))
                    if (!Tags.Contains(element.LocalName) || element.NamespaceUri != "http://www.w3.org/1999/xhtml" || element.Attributes.Any(a => element.LocalName != "a" || a.Name != "href" || !IsFine(a.Value)))
                        wrong.Add($"{vector} -> {clean}: {element.OuterHtml}");
            }
            if (_clean.Clean(clean) is var twice && twice != clean)
                wrong.Add($"{vector} -> {clean} -> {twice}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
        Hostile.Tell("markup, the sanitiser alone", $"{HostileMarkup.All.Count} vectors, parsed and written three times", "0 elements or attributes outside the list, a fixed point");
    }

    private static bool IsFine(string href) => ((string[])["http:", "https:", "mailto:"]).Any(s => href.StartsWith(s, StringComparison.OrdinalIgnoreCase)) || !href.Contains(':', StringComparison.Ordinal);

    /// <summary>The words inside a script are words once the script is gone: shown as text, run by nobody.</summary>
    [Fact]
    public void What_stood_in_a_script_is_left_as_words() => Assert.Equal("before x(&lt;b&gt;) after", _clean.Clean("before <script>x(<b>)</script> after"));

    public static TheoryData<string, string> Families => new()
    {
        { "nested bold", "<b>" }, { "nested lists", "<ul><li>" }, { "nested unknown", "<x>" }, { "nested links", "<a href=https://a.example>" }, { "misnested", "<b><p></b><i></p>" }, { "unclosed tags", "<b " }, { "angle brackets", "<" },
        { "ampersands", "&" }, { "entities", "&lt;" }, { "numeric entities", "&#x110000;" }, { "attributes", "<b a1=1 b2=2 c3=3 d4=4>w</b>" }, { "styles", "<b style='a:b;c:d;e:f;g:h'>w</b>" }, { "comments", "<!--x-->" },
        { "open comments", "<!--" }, { "tables", "<table><tr><td>" }, { "svg", "<svg><g>" }, { "math", "<math><mi>" }, { "templates", "<template>" }, { "scripts", "<script>x</script>" }, { "style sheets", "<style>a{b:c}</style>" },
        { "long urls", "<a href='java\tscript:x" }, { "forms", "<form><input>" }, { "closing tags", "</p></b>" }, { "nulls", "\0<\0b\0>" },
        { "bold in tables", "<table><b><b><b><b><b><b><b><b><b>" }, { "lists in unknown", "<x><ul><li><ul><li><ul><li><b>" }, { "comments that close", "<!--</x>--><x>" },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void Sixteen_kilobytes_of_anything_take_a_bounded_time(string family, string piece)
    {
        string Of(int length) => string.Concat(Enumerable.Repeat(piece, length / piece.Length + 1))[..length];
        double Best(string text)
        {
            var best = double.MaxValue;
            for (var tries = 0; tries < 5; tries++)
            {
                var started = Stopwatch.GetTimestamp();
                _clean.Clean(text);
                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            return best;
        }
        // The most of its kind that is parsed; what is longer, up to the longest message there is, is refused by its length alone.
        var most = Enumerable.Range(0, CleanText.LongestRaw + 1).Last(length => !CleanText.IsTooMuch(Of(length)));
        Best(Of(500));
        var (half, whole, message) = (Best(Of(most / 2)), Best(Of(most)), Best(Of(16 * 1024)));
        var growth = whole / Math.Max(half, Noise);
        Hostile.Tell("sanitiser", family, string.Create(CultureInfo.InvariantCulture, $"{most} signs parsed in {whole:0.00} ms ({growth:0.0} times the half); 16 KB refused in {message:0.000} ms"));
        Assert.True(Math.Max(whole, message) < (Hostile.Long ? 50 : 1_000), $"{family}: {whole:0.0} ms, 16 KB {message:0.0} ms");
        Assert.True(!Hostile.Long || growth <= 2.5, $"{family}: twice as much takes {growth:0.0} times as long");
    }

    /// <summary>Milliseconds below which the growth of a time says nothing.</summary>
    private const double Noise = 0.5;

    /// <summary>What our browser makes of the longest texts that people type, and of much markup within them.</summary>
    [Fact]
    public void What_people_write_is_never_too_much()
    {
        var items = string.Concat(Enumerable.Range(1, 75).Select(n => $"<li><b>{n}</b> word</li>"));
        var lists = string.Concat(Enumerable.Repeat("<ul><li>one <b>bold <i>and both</i></b>", 12)) + string.Concat(Enumerable.Repeat("</li></ul>", 12));
        foreach (var text in (string[])[$"<ul>{items}</ul>", lists, string.Join("<br>", Enumerable.Repeat("a line", 160)), string.Concat(Enumerable.Repeat("if a <b and c> d, ", 40))])
            Assert.Null(Texts.Judge(_clean.Clean(text)));
    }

    [Fact]
    public void Many_tags_that_may_stand_within_one_another_are_refused_unread()
    {
        Assert.Equal("word", _clean.Clean(string.Concat(Enumerable.Repeat("<div>", CleanText.MostNesting)) + "word"));
        Assert.Equal(Refusal.TooLong, Texts.Judge(_clean.Clean(string.Concat(Enumerable.Repeat("<!--</div>--><div>", CleanText.MostNesting + 1)) + "word")));
    }

    [Fact]
    public void What_is_far_too_long_is_not_even_parsed_and_is_refused()
    {
        var clean = _clean.Clean(string.Concat(Enumerable.Repeat("<b>", 4_000)));
        Assert.Equal(Refusal.TooLong, Texts.Judge(clean));
    }
}
