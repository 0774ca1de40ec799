using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What a column of an episode holds; its array is (N + 1, ...shape).</summary>
/// <param name="Name">The column's name, in memory and on disk.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Of one record; none: a number.</param>
public sealed record EpisodeColumn(string Name, NpyType Type, params IReadOnlyList<int> Shape)
{
    /// <summary>(N + 1, ...): vectors of any type, or images as uint8.</summary>
    public const string Observation = "observation";

    /// <summary>(N + 1, P) float32, optional: numbers that are observed beside an image, behind which they come.</summary>
    public const string Numbers = "numbers";

    /// <summary>(N + 1) int64, or (N + 1, A) float32 in the environment's units; the reset's is 0.</summary>
    public const string Action = "action";

    /// <summary>(N + 1) float32, in the environment's units; the reset's is 0.</summary>
    public const string Reward = "reward";

    /// <summary>(N + 1) bool: whether the environment says that nothing follows; true at most at the last record.</summary>
    public const string Terminated = "terminated";

    /// <summary>(N + 1) bool: whether the episode was ended from outside, as by a time limit; true at most at the last record.</summary>
    public const string Truncated = "truncated";

    /// <summary>
    /// (N + 1) float32, optional: how much of what follows counts, 0 to 1, where somebody labelled that otherwise than by 0 at a
    /// termination and 1 elsewhere.
    /// </summary>
    public const string Discount = "discount";

    /// <summary>Numbers in a record.</summary>
    public int Size => Shape.Aggregate(1, (size, axis) => size * axis);

    /// <summary>Refuses an array that is no column of so many records of this kind.</summary>
    /// <exception cref="InvalidDataException">It has another type or shape.</exception>
    public void Check(NpyArray array, int records)
    {
        int[] expected = [records, .. Shape];
        if (array.Type != Type || !array.Shape.SequenceEqual(expected))
            throw new InvalidDataException($"{Name} is {array.Describe()}; expected {NpyArray.Zeros(Type, expected).Describe()}");
    }
}
