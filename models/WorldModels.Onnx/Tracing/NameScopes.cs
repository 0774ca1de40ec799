namespace WorldModels.Onnx;

/// <summary>Readable unique names: path of the innermost module, operator ("core/gru/Split").</summary>
internal sealed class NameScopes
{
    private readonly Stack<string> _scopes = new();
    private readonly Dictionary<string, int> _uses = [];

    public void Push(string scope) => _scopes.Push(scope);

    public void Pop() => _scopes.Pop();

    /// <summary>The innermost scope, which is a whole path already; empty outside of any.</summary>
    public string Current => _scopes.TryPeek(out string? scope) ? scope : "";

    /// <summary>A new name of an operator here: "core/Add", then "core/Add_1".</summary>
    public string Unique(string op)
    {
        string scope = Current, name = scope.Length == 0 ? op : $"{scope}/{op}";
        while (_uses.TryGetValue(name, out int uses))
        {
            _uses[name] = uses + 1;
            name = $"{name}_{uses}";
        }
        _uses[name] = 1;
        return name;
    }

    /// <summary>Takes a given name; false if it is taken.</summary>
    public bool Reserve(string name) => _uses.TryAdd(name, 1);
}
