namespace WorldModels.Models;

/// <summary>What a trajectory keeps of a state's tensor.</summary>
public enum TrajectoryStorage
{
    /// <summary>Its value at every step.</summary>
    EveryStep,

    /// <summary>Its newest value alone, as a cache wants that grows with the steps.</summary>
    Last,
}

/// <summary>One tensor of a state.</summary>
/// <param name="Name">Its name in graphs, checkpoints and bundles.</param>
/// <param name="Shape">Shape of a row; the batch axis comes before it.</param>
public sealed record StateSpec(string Name, params int[] Shape)
{
    /// <summary>Type of its elements.</summary>
    public DType Type { get; init; } = DType.Float32;

    /// <summary>What a trajectory keeps of it.</summary>
    public TrajectoryStorage Storage { get; init; }

    /// <summary>Whether the feature is made of it, so that heads read it; a cache is for the next step alone.</summary>
    public bool InFeature { get; init; } = true;
}

/// <summary>
/// What a step of a recurrent model reads and writes, an agent carries along and a bundle lists: named tensors (B, ...) in a fixed order.
/// Episodes begin with zeros.
/// </summary>
public sealed class State<T> where T : ITensor<T>
{
    private readonly string[] _names;
    private readonly T[] _values;

    /// <exception cref="ArgumentException">There are more names than tensors, or fewer.</exception>
    public State(IReadOnlyList<string> names, params T[] values)
    {
        if (names.Count != values.Length)
            throw new ArgumentException($"{values.Length} tensors have the names {string.Join(", ", names)}.");
        (_names, _values) = ([.. names], values);
    }

    /// <summary>Names, in order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Tensors, in the same order.</summary>
    public IReadOnlyList<T> Values => _values;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public T this[string name] => Array.IndexOf(_names, name) is >= 0 and int i
        ? _values[i]
        : throw new KeyNotFoundException($"The state has no '{name}', but {string.Join(", ", _names)}.");

    /// <summary>A function of every tensor.</summary>
    public State<T> Map(Func<T, T> f) => new(_names, Array.ConvertAll(_values, value => f(value)));

    /// <summary>Several states as one whose tensors have a new first axis: T of (B, ...) to (T, B, ...).</summary>
    public static State<T> Stack(IReadOnlyList<State<T>> states) => new(states[0]._names,
        [.. states[0]._values.Select((_, i) => T.Stack([.. states.Select(state => state._values[i])]))]);

    /// <summary>The state where episodes go on, and zeros where one begins. keep (B, 1): 0 in rows where an episode begins, else 1.</summary>
    public State<T> Reset(T keep) => Map(value =>
    {
        if (value.Rank == 2)
            return value * keep;
        int[] shape = [.. Enumerable.Repeat(1, value.Rank)];
        shape[0] = Axis.Keep;
        return value * keep.Reshape(shape);
    });
}

/// <summary>Tensors by name, in the order in which they were added: what a graph takes or gives.</summary>
public sealed class Tensors<T> : IEnumerable<KeyValuePair<string, T>> where T : ITensor<T>
{
    private readonly List<KeyValuePair<string, T>> _all = [];

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public T this[string name] => _all.FindIndex(pair => pair.Key == name) is >= 0 and int i
        ? _all[i].Value
        : throw new KeyNotFoundException($"There is no tensor '{name}', but {string.Join(", ", _all.Select(pair => pair.Key))}.");

    /// <summary>Whether there is one of this name.</summary>
    public bool Has(string name) => _all.Exists(pair => pair.Key == name);

    /// <summary>Adds a tensor.</summary>
    /// <exception cref="ArgumentException">There is one of this name.</exception>
    public void Add(string name, T value)
    {
        if (Has(name))
            throw new ArgumentException($"There are two tensors named '{name}'.");
        _all.Add(new(name, value));
    }

    /// <summary>Adds other tensors.</summary>
    public void Add(Tensors<T> others)
    {
        foreach ((string name, T value) in others)
            Add(name, value);
    }

    /// <summary>Adds the tensors of a state that a step leads to: "next_" and their names.</summary>
    public void AddNext(State<T> state)
    {
        for (int i = 0; i < state.Names.Count; i++)
            Add(StateNames.Next(state.Names[i]), state.Values[i]);
    }

    /// <summary>The state among these tensors.</summary>
    public State<T> State(IReadOnlyList<StateSpec> specs) =>
        new([.. specs.Select(spec => spec.Name)], [.. specs.Select(spec => this[spec.Name])]);

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _all.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>How graphs name states.</summary>
public static class StateNames
{
    /// <summary>The name under which a graph gives the state that the next step takes under <paramref name="name"/>.</summary>
    public static string Next(string name) => $"next_{name}";
}
