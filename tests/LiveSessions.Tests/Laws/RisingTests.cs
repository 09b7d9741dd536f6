using CsCheck;
using LiveSessions.Log;

namespace LiveSessions.Tests.Laws;

public sealed class RisingTests
{
    private static readonly Gen<(int From, int Step, bool Changes)> Act = Gen.Select(Gen.Int[0, 3], Gen.Int[1, 5], Gen.Bool);

    /// <summary>Each value is made from any earlier one, twice from the same too, by adding or by changing what is there: none may see what became of another.</summary>
    [Fact]
    public void Every_value_holds_what_was_done_on_its_own_way_and_nothing_else() =>
        Act.Array[1, 60].Sample(acts =>
        {
            var values = new List<(Rising<int> Rising, SortedDictionary<long, int> Known)> { (Rising<int>.None, []) };
            foreach (var (from, step, changes) in acts)
            {
                var (rising, known) = values[Math.Max(0, values.Count - 1 - from)];
                var number = rising.Last + step;
                values.Add(changes
                    ? (rising.Select((n, v) => n % 2 == 0 ? v + step : v), new(known.ToDictionary(k => k.Key, k => k.Key % 2 == 0 ? k.Value + step : k.Value)))
                    : (rising.With(number, values.Count), new(known) { [number] = values.Count }));
            }
            foreach (var (rising, known) in values)
            {
                Assert.Equal(known.Count, rising.Count);
                Assert.Equal(known.Count == 0 ? -1 : known.Keys.Max(), rising.Last);
                for (var number = 0L; number <= 310; number++)
                {
                    Assert.Equal(known.TryGetValue(number, out var value), rising.TryGet(number, out var found));
                    Assert.Equal(value, found);
                }
            }
        });

    [Fact]
    public void What_changes_nothing_is_the_same_object()
    {
        var rising = Rising<int>.None.With(3, 1).With(8, 2);
        Assert.Same(rising, rising.Select((_, value) => value));
    }

    [Fact]
    public void A_number_that_does_not_rise_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Rising<int>.None.With(3, 1).With(3, 2));
}
