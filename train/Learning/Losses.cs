using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Losses by name, scalars, in the order in which they were added.</summary>
public sealed class Losses : IEnumerable<KeyValuePair<string, Tensor>>
{
    private readonly List<KeyValuePair<string, Tensor>> _all = [];

    /// <summary>Adds a loss.</summary>
    public void Add(string name, Tensor value) => _all.Add(new(name, value));

    /// <summary>The loss of a name.</summary>
    public Tensor this[string name] => _all.First(loss => loss.Key == name).Value;

    /// <summary>Adds others.</summary>
    public void Add(Losses losses) => _all.AddRange(losses._all);

    /// <summary>Adds several.</summary>
    public void Add(IEnumerable<KeyValuePair<string, EagerTensor>> losses)
    {
        foreach ((string name, EagerTensor value) in losses)
            Add(name, value.Value);
    }

    /// <summary>Their sum, each times the scale of its name.</summary>
    /// <exception cref="KeyNotFoundException">A loss has no scale.</exception>
    public Tensor Total(IReadOnlyDictionary<string, double> scales)
    {
        Tensor? total = null;
        foreach ((string name, Tensor value) in _all)
        {
            if (!scales.TryGetValue(name, out double scale))
                throw new KeyNotFoundException($"The loss '{name}' has no scale; there are scales of {string.Join(", ", scales.Keys)}.");
            Tensor scaled = scale * value;
            total = total is null ? scaled : total + scaled;
        }
        return total ?? throw new InvalidOperationException("There is no loss to add up.");
    }

    /// <summary>Writes each as a figure, "NAME_loss".</summary>
    public void WriteTo(Dictionary<string, double> figures, params IEnumerable<string> except)
    {
        foreach ((string name, Tensor value) in _all.Where(loss => !except.Contains(loss.Key)))
            figures[$"{name}_loss"] = value.item<float>();
    }

    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _all.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
