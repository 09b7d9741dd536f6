using CsCheck;
using LiveSessions.Log;

namespace LiveSessions.Tests.Laws;

public sealed class MarksTests
{
    private static readonly Gen<(int From, CommandMark Mark)> Addition = Gen.Select(Gen.Int[0, 50], Gen.Int[0, 2], Gen.Int[1, 12], (from, instance, number) => (from, new CommandMark($"instance-{instance}", number)));

    /// <summary>Each value is made from any earlier one, in and out of order, twice from the same: none may see what another added.</summary>
    [Fact]
    public void Every_value_holds_what_was_added_on_its_own_way_and_nothing_else() =>
        Addition.Array[1, 60].Sample(additions =>
        {
            var values = new List<(Marks Marks, Dictionary<CommandMark, long> Known)> { (Marks.Empty, []) };
            foreach (var (from, mark) in additions)
            {
                var (marks, known) = values[Math.Max(0, values.Count - 1 - from % 4)];
                if (!marks.Contains(mark))
                    values.Add((marks.With(mark, values.Count), new(known) { [mark] = values.Count }));
            }
            foreach (var (marks, known) in values)
                for (var instance = 0; instance < 3; instance++)
                    for (var number = 0; number < 14; number++)
                    {
                        var mark = new CommandMark($"instance-{instance}", number);
                        Assert.Equal(known.TryGetValue(mark, out var position), marks.TryGetPosition(mark, out var found));
                        Assert.Equal(position, found);
                    }
        });

    [Fact]
    public void The_servers_own_commands_have_no_mark() => Assert.False(Marks.Empty.With(new("instance-1", 1), 1).Contains(CommandMark.None));
}
