using PureHDF.VOL.Native;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>The arrays of a D4RL file by one handle, one row each step.</summary>
internal sealed class D4rlRows
{
    private const string ObservationArray = "observations", NextArray = "next_observations", ActionArray = "actions";
    private const string RewardArray = "rewards", TerminalArray = "terminals", TimeoutArray = "timeouts";

    private static readonly string[] Known = [ObservationArray, NextArray, ActionArray, RewardArray, TerminalArray, TimeoutArray];

    private readonly Hdf5File _file;
    private readonly IReadOnlyDictionary<string, NativeObject> _root;

    /// <summary>Finds the arrays.</summary>
    /// <exception cref="RecordingException">One is missing, or has other rows than the rest.</exception>
    public D4rlRows(Hdf5File file, Hdf5Handle handle)
    {
        (_file, _root) = (file, handle.Root);
        Observations = Needed(ObservationArray);
        Actions = Needed(ActionArray);
        Rewards = Needed(RewardArray);
        Terminals = Needed(TerminalArray);
        Timeouts = Optional(TimeoutArray);
        Next = Optional(NextArray);
        if (Observations.Shape.Count < 2)
            throw file.Refused(ObservationArray, $"has the shape [{Observations.Rows}]", "Expected (N, O): a row of numbers each step");
        if (Next is not null && !Next.Shape.SequenceEqual(Observations.Shape))
            throw file.Refused(NextArray, $"has the shape [{string.Join(", ", Next.Shape)}]", $"Expected that of {ObservationArray}");
    }

    /// <summary>What was seen.</summary>
    public Hdf5Array Observations { get; }

    /// <summary>What was done there.</summary>
    public Hdf5Array Actions { get; }

    /// <summary>What was received for it.</summary>
    public Hdf5Array Rewards { get; }

    /// <summary>Whether the environment ended the episode then.</summary>
    public Hdf5Array Terminals { get; }

    /// <summary>Whether it was cut off then; null: nobody kept that.</summary>
    public Hdf5Array? Timeouts { get; }

    /// <summary>What was seen after it; null: nobody kept that.</summary>
    public Hdf5Array? Next { get; }

    /// <summary>Names of what else there is.</summary>
    public IEnumerable<string> Others => _root.Keys.Except(Known).Order(StringComparer.Ordinal);

    /// <summary>Number of rows.</summary>
    public long Count => Observations.Rows;

    /// <summary>Bytes of a row as it is kept.</summary>
    public long RowBytes => Observations.RecordBytes + (Next?.RecordBytes ?? 0) + Actions.RecordBytes + 8;

    /// <summary>Reads flags of some rows.</summary>
    public static bool[] Flags(Hdf5Array array, long first, long rows)
    {
        NpyArray flags = array.ToFlags(array.Read(first, rows), first);
        return flags.As<bool>().ToArray();
    }

    private Hdf5Array Needed(string name) => Optional(name) ?? throw _file.Refused(
        "its root",
        $"has no '{name}'",
        "Expected D4RL's observations, actions, rewards and terminals, one row each step, or Minari's groups episode_0, episode_1, ...");

    private Hdf5Array? Optional(string name)
    {
        if (!_root.TryGetValue(name, out NativeObject? found))
            return null;
        Hdf5Array array = new Hdf5Array(_file, name, found);
        if (name is RewardArray or TerminalArray or TimeoutArray && array.Size != 1)
            throw _file.Refused(name, $"has {array.Size} numbers a row", "Expected one");
        if (Observations is not null && array.Rows != Count)
            throw _file.Refused(name, $"has {array.Rows} rows", $"Expected {Count}, as {ObservationArray} has");
        return array;
    }
}
