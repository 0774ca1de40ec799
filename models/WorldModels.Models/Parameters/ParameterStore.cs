namespace WorldModels.Models;

/// <summary>
/// Where a network's parameters live, by path ("model/head/weight"). The eager store creates a parameter once and returns it afterwards
/// (the same path is the same weights); the symbolic store reads it by name from trained weights and compares shapes.
/// </summary>
public abstract class ParameterStore<T> where T : ITensor<T>
{
    /// <summary>The parameter at <paramref name="path"/>, created by <paramref name="init"/> if it is new.</summary>
    public abstract T Parameter(string path, ReadOnlySpan<int> shape, Init init);

    /// <summary>A fixed tensor (mask, bounds, scales), made once at construction rather than at every step.</summary>
    public abstract T Constant(string path, ReadOnlySpan<float> values, ReadOnlySpan<int> shape);

    /// <summary>Enters a naming scope of the graph. Only the symbolic world has names.</summary>
    public virtual void Push(string scope) { }

    /// <summary>Leaves the innermost naming scope.</summary>
    public virtual void Pop() { }
}

/// <summary>A path into a store: <c>p["core"]["gru"].Get("weight", ...)</c> is the parameter "core/gru/weight".</summary>
public readonly struct Parameters<T>(ParameterStore<T> store, string path = "") where T : ITensor<T>
{
    /// <summary>The store behind this path.</summary>
    public ParameterStore<T> Store { get; } = store;

    /// <summary>Slash-separated path; empty at the root.</summary>
    public string Path { get; } = path;

    public Parameters<T> this[string name] => new(Store, Join(name));

    /// <summary>The parameter of this name below this path.</summary>
    public T Get(string name, ReadOnlySpan<int> shape, Init init) => Store.Parameter(Join(name), shape, init);

    /// <summary>The constant of this name below this path.</summary>
    public T Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) => Store.Constant(Join(name), values, shape);

    /// <summary>Names what is computed until disposal after this path: <c>using var _ = p.Enter();</c>.</summary>
    public Scope Enter()
    {
        Store.Push(Path);
        return new Scope(Store);
    }

    private string Join(string name) => Path.Length == 0 ? name : $"{Path}/{name}";

    /// <summary>An open naming scope.</summary>
    public readonly ref struct Scope(ParameterStore<T> store)
    {
        public void Dispose() => store.Pop();
    }
}
