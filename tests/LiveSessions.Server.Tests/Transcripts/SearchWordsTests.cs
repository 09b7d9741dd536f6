using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Tests.Transcripts;

public sealed class SearchWordsTests
{
    [Theory]
    [InlineData("trust", "That is trust, where I live", "trust")]
    [InlineData("cafe", "Le Café ferme", "Café")]
    [InlineData("don't", "People don’t come", "don’t")]
    [InlineData("\"bus times\"", "the bus times; bus, times", "bus|times|bus|times")]
    [InlineData("𝐭rust", "in trust", "trust")]
    [InlineData("𐐷", "a 𐐷b c", "𐐷b")]
    [InlineData("書館", "私たちの図書館です", "書|館")]
    public void Marks_cover_exactly_the_words_found(string query, string text, string marks) =>
        Assert.Equal(marks.Split('|'), SearchWords.Parse(query)!.Find(text).Select(span => text.Substring(span.Start, span.Length)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  \"\" -- '' !")]
    public void Nothing_to_search_is_nothing(string? query) => Assert.Null(SearchWords.Parse(query));

    /// <summary>A sign of two units has room where one unit is left.</summary>
    [Fact]
    public void A_long_word_is_cut_between_signs() => Assert.Equal(new string('a', 59) + "𐐷", SearchWords.Fold(new string('a', 59) + "𐐷b"));

    [Fact]
    public void Any_text_folds_without_a_fault()
    {
        CsCheck.Check.Sample(CsCheck.Gen.String, text =>
        {
            var folded = SearchWords.Fold(text);
            Assert.All(folded.Split(' ', StringSplitOptions.RemoveEmptyEntries), word => Assert.True(word.EnumerateRunes().All(System.Text.Rune.IsLetterOrDigit)));
            if (SearchWords.Parse(text) is { } words)
                Assert.All(words.Find(text), span => Assert.InRange(span.Start + span.Length, 1, text.Length));
        });
    }
}
