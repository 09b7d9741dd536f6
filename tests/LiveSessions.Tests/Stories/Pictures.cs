using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Tests.Stories;

/// <summary>What is shown to whom.</summary>
internal static class Pictures
{
    public static string Written(View view) => JsonSerializer.Serialize(view, Json.Options);

    /// <summary>Every view there is, by audience and key.</summary>
    public static Dictionary<(string Audience, string Key), string> All(Session session)
    {
        var all = new Dictionary<(string, string), string>();
        foreach (var key in session.AllKeys())
            foreach (var shown in session.Render(key))
                Assert.True(all.TryAdd((shown.To.Name, key.ToString()), Written(shown.View)), $"{key} is shown twice to {shown.To}");
        return all;
    }

    /// <summary>What a first load brings for one audience, by the name in the browser's store.</summary>
    public static Dictionary<string, string> Of(Session session, Audience audience)
    {
        var held = new Dictionary<string, string>();
        foreach (var key in session.AllKeys())
            foreach (var shown in session.Render(key))
                if (shown.To == audience)
                    held.Add(Session.StoreName(key), Written(shown.View));
        return held;
    }

    public static Dictionary<string, View> SeenBy(Session session, PersonId person)
    {
        var audiences = session.AudiencesOf(person).ToHashSet();
        var seen = new Dictionary<string, View>();
        foreach (var key in session.AllKeys())
            foreach (var shown in session.Render(key))
                if (audiences.Contains(shown.To) && !seen.TryAdd(Session.StoreName(key), shown.View))
                    Assert.Equal(Written(seen[Session.StoreName(key)]), Written(shown.View));
        return seen;
    }
}
