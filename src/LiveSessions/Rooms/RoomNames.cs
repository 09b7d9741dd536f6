namespace LiveSessions.Rooms;

/// <summary>Rooms have the names of Californian trees and shrubs, in the order of the alphabet.</summary>
public static class RoomNames
{
    private static readonly string[] Trees =
    [
        "Alder", "Bay Laurel", "Coast Oak", "Toyon", "Dogwood", "Elderberry", "Manzanita", "Fremontia", "Willow", "Gray Pine", "Hazel", "Cedar", "Ironwood",
        "Juniper", "Lemonade", "Redbud", "Madrone", "Ninebark", "Buckeye", "Ocotillo", "Pinyon", "Sycamore", "Tule", "Torrey", "Yucca",
        "Ash", "Birch", "Ceanothus", "Cottonwood", "Currant", "Fir", "Foothill Pine", "Gooseberry", "Hemlock", "Incense Cedar", "Live Oak", "Maple", "Mesquite",
        "Monkeyflower", "Palm", "Redwood", "Sagebrush", "Sequoia", "Silktassel", "Snowberry", "Spruce", "Sumac", "Tanoak", "Walnut", "Yew",
    ];

    /// <summary>The name of room <paramref name="number"/>, from 1; after fifty names a number is added.</summary>
    public static string Of(int number)
    {
        var name = Trees[(number - 1) % Trees.Length];
        var round = (number - 1) / Trees.Length;
        return round == 0 ? name : $"{name} {round + 1}";
    }
}
