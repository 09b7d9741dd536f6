using System.Globalization;
using System.Text;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// What somebody searches for, and how words are told apart. Text is folded here (case, accents, width) before either database sees it, so SQLite and
/// PostgreSQL find the same lines and the marks on the screen are exactly what was found. Each word also finds words that begin with it; words in
/// double quotes are found as they stand, side by side.
/// </summary>
public sealed class SearchWords
{
    private const int MaxTerms = 12;
    private const int MaxTokensInTerm = 24;
    private const int MaxTokenLength = 60;

    private readonly IReadOnlyList<Term> terms;

    private SearchWords(IReadOnlyList<Term> terms) => this.terms = terms;

    /// <summary>Null if there is no word in it.</summary>
    public static SearchWords? Parse(string? query)
    {
        var terms = new List<Term>();
        var pieces = (query ?? "").Replace('“', '"').Replace('”', '"').Split('"');
        for (var i = 0; i < pieces.Length; i++)
        {
            var isQuoted = i % 2 == 1;
            var parts = isQuoted ? [pieces[i]] : pieces[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            foreach (var part in parts)
                if (Tokens(part).Select(t => t.Folded).Take(MaxTokensInTerm).ToList() is { Count: > 0 } tokens)
                    terms.Add(new Term(tokens, !isQuoted));
        }
        return terms.Count == 0 ? null : new SearchWords(terms.Take(MaxTerms).ToList());
    }

    /// <summary>The words of a text as the store keeps them for searching.</summary>
    public static string Fold(string text) => string.Join(' ', Tokens(text).Select(t => t.Folded));

    /// <summary>Where this is found in a text: spans in reading order that do not overlap.</summary>
    public IReadOnlyList<(int Start, int Length)> Find(string text)
    {
        var tokens = Tokens(text).ToList();
        var isHit = new bool[tokens.Count];
        foreach (var term in terms)
            for (var i = 0; i + term.Tokens.Count <= tokens.Count; i++)
                if (term.Matches(tokens, i))
                    Array.Fill(isHit, true, i, term.Tokens.Count);

        var spans = new List<(int Start, int Length)>();
        for (var i = 0; i < tokens.Count; i++)
            if (isHit[i] && (spans.Count == 0 || tokens[i].Start >= spans[^1].Start + spans[^1].Length))
                spans.Add((tokens[i].Start, tokens[i].Length));
        return spans;
    }

    /// <summary>Words that stand side by side, and whether the last is only a beginning.</summary>
    internal IEnumerable<(IReadOnlyList<string> Tokens, bool BeginsWith)> ForSqlite() => terms.Select(t => (t.Tokens, t.BeginsWith));

    internal string ForPostgres() => string.Join(" & ", terms.Select(t => $"({string.Join(" <-> ", t.Tokens.Select(w => $"'{w}'"))}{(t.BeginsWith ? ":*" : "")})"));

    private static IEnumerable<Token> Tokens(string text)
    {
        var word = new StringBuilder();
        var start = -1;
        var end = -1;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsWordOfItsOwn(rune))
            {
                if (Token.Of(word, start, end) is { } before)
                    yield return before;
                if (Token.Of(word.Clear().Append(text, at, rune.Utf16SequenceLength), at, at + rune.Utf16SequenceLength) is { } single)
                    yield return single;
                word.Clear();
            }
            else if (Rune.IsLetterOrDigit(rune) || IsMark(rune) || (IsApostrophe(rune) && word.Length > 0))
            {
                if (word.Length == 0)
                    start = at;
                word.Append(text, at, rune.Utf16SequenceLength);
                if (!IsApostrophe(rune))
                    end = at + rune.Utf16SequenceLength;
            }
            else
            {
                if (Token.Of(word, start, end) is { } finished)
                    yield return finished;
                word.Clear();
            }
            at += rune.Utf16SequenceLength;
        }
        if (Token.Of(word, start, end) is { } last)
            yield return last;
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsApostrophe(Rune rune) => rune.Value is '\'' or '’' or 'ʼ';

    /// <summary>Scripts written without spaces: every sign is a word, and words written together are searched side by side.</summary>
    private static bool IsWordOfItsOwn(Rune rune) =>
        Rune.IsLetter(rune) && rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x3040 and <= 0x312F) or (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);

    private readonly record struct Token(int Start, int Length, string Folded)
    {
        public static Token? Of(StringBuilder word, int start, int end)
        {
            if (word.Length == 0)
                return null;
            // The last rune that has room may take two.
            Span<char> folded = stackalloc char[MaxTokenLength + 1];
            var length = 0;
            foreach (var rune in word.ToString().Normalize(NormalizationForm.FormKD).EnumerateRunes())
                if (Rune.IsLetterOrDigit(rune) && length < MaxTokenLength)
                    length += Rune.ToLowerInvariant(rune).EncodeToUtf16(folded[length..]);
            return length == 0 ? null : new Token(start, end - start, new(folded[..length]));
        }
    }

    private sealed record Term(IReadOnlyList<string> Tokens, bool BeginsWith)
    {
        public bool Matches(List<Token> text, int from)
        {
            for (var i = 0; i < Tokens.Count; i++)
            {
                var isLast = i == Tokens.Count - 1;
                var word = text[from + i].Folded;
                if (isLast && BeginsWith ? !word.StartsWith(Tokens[i], StringComparison.Ordinal) : word != Tokens[i])
                    return false;
            }
            return true;
        }
    }
}
