using LiveSessions.Server.Programme;

namespace LiveSessions.Server.Tests.Programme;

public sealed class RosterFileTests
{
    private static string Told(string csv)
    {
        var (lines, faults) = RosterFile.Read(csv);
        return faults.Count > 0 ? string.Join('|', faults.Select(f => $"{f.Line}!")) : string.Join('|', lines.Select(l => $"{l.Line}:{l.Team}/{l.Name}/{l.Email}"));
    }

    [Theory]
    [InlineData("Team,Name,E-mail\nOak,Ada,ada@x.org\n", "2:Oak/Ada/ada@x.org")]
    [InlineData("Oak,Ada\r\n\r\nElm,Bo\r\n", "1:Oak/Ada/|3:Elm/Bo/")]
    [InlineData("team;name\nOak;Ada;\n", "2:Oak/Ada/")]
    [InlineData("Oak\tAda, the first\tada@x.org", "1:Oak/Ada, the first/ada@x.org")]
    [InlineData("\"Oak, Elm & Co\",\"Ada \"\"Countess\"\" L\"", "1:Oak, Elm & Co/Ada \"Countess\" L/")]
    [InlineData("  Oak  ,  Ada   Byron  ,", "1:Oak/Ada Byron/")]
    [InlineData("\uFEFFTeam,Name\nOak,Ada", "2:Oak/Ada/")]
    [InlineData("Oak,Ada,a@x.org\nOak,Ada,b@x.org", "1:Oak/Ada/a@x.org|2:Oak/Ada/b@x.org")]
    [InlineData("Team Oak,Name", "1:Team Oak/Name/")]
    public void Rosters_as_people_have_them_are_read(string csv, string expected) => Assert.Equal(expected, Told(csv));

    [Theory]
    [InlineData("Oak,Ada\nElm\nAsh,,x@y.org\n,Bo\nFir,Cy,nonsense", "2!|3!|4!|5!")]
    [InlineData("Oak,Ada\nOAK,ada", "2!")]
    [InlineData("Oak,Ada,a@x.org\nElm,Bo,A@X.ORG", "2!")]
    [InlineData("Oak,Ada,a@x.org,extra", "1!")]
    [InlineData("Oak,\"Ada\nElm,Bo\nFir,Cy,d", "1!|3!")]
    [InlineData("", "0!")]
    [InlineData("Team,Name,E-mail\n", "0!")]
    public void A_bad_line_is_named_by_its_number(string csv, string expected) => Assert.Equal(expected, Told(csv));

    [Fact]
    public void Names_hold_80_characters_and_nothing_that_deceives()
    {
        Assert.Equal("1!", Told($"Oak,{new string('a', 81)}"));
        Assert.Equal($"1:Oak/{new string('a', 80)}/", Told($"Oak,{new string('a', 80)}"));
        Assert.Equal("1:Oak/Ada/", Told("Oak,A\u202Ed\u0007a"));
    }

    [Fact]
    public void Limits_are_a_thousand_teams_and_five_thousand_people()
    {
        static string People(int count, int teams) => string.Join('\n', Enumerable.Range(0, count).Select(n => $"Team {n % teams},Person {n}"));
        Assert.Equal(5000, RosterFile.Read(People(5000, 1000)).Lines.Count);
        Assert.Equal("0!", Told(People(5001, 1000)));
        Assert.Equal("0!", Told(People(1001, 1001)));
    }

    [Fact]
    public void Any_text_is_read_or_refused()
    {
        CsCheck.Check.Sample(CsCheck.Gen.String, text =>
        {
            var (lines, faults) = RosterFile.Read(text);
            Assert.True(faults.Count > 0 || lines.Count > 0);
        });
    }
}
