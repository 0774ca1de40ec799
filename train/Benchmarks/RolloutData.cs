using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>What a rollout starts from and is given, as tensors, found by what the bundle's graphs say of them.</summary>
/// <param name="program">What is computed.</param>
/// <param name="data">Its arrays by name.</param>
internal sealed class RolloutData(RolloutProgram program, IReadOnlyDictionary<string, NpyArray> data) : IDisposable
{
    private readonly List<Tensor> _owned = [];

    /// <summary>The tensor that a state starts as, (B, ...).</summary>
    public Tensor State(string name) => Tensor(ProgramBuilder.State(name));

    /// <summary>The state of these tensors that it starts from.</summary>
    public State<EagerTensor> State(IReadOnlyList<StateSpec> specs) =>
        new([.. specs.Select(spec => spec.Name)], [.. specs.Select(spec => new EagerTensor(State(spec.Name)))]);

    /// <summary>The actions that each step is given, T tensors (B, ...); null: it chooses them.</summary>
    public Tensor[]? Actions() => data.ContainsKey(ProgramBuilder.Action) && program.Given.Contains(ProgramBuilder.Action)
        ? ByStep(ProgramBuilder.Action) : null;

    /// <summary>The noise of a stream, T tensors (B, N).</summary>
    public Tensor[] Noise(string stream) => ByStep(program.Given.First(name => program.Inputs[name].Tensor.Stream == stream));

    /// <summary>The first observation and what is read with it, by the names of the graph that filters it; null: nothing is observed.</summary>
    public Tensors<EagerTensor>? Observed()
    {
        if (program.Before.Count == 0)
            return null;
        Tensors<EagerTensor> inputs = [];
        foreach ((string input, string value) in program.Before[0].Inputs)
            inputs.Add(input, Tensor(value));
        return inputs;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
            tensor.Dispose();
        _owned.Clear();
    }

    private Tensor[] ByStep(string name) => Own(Tensor(name).unbind());

    private Tensor Tensor(string name)
    {
        NpyArray array = data[name];
        long[] shape = [.. array.Shape.Select(size => (long)size)];
        return Own(array.Type switch
        {
            NpyType.Int64 => tensor(array.As<long>().ToArray(), shape),
            NpyType.Bool => tensor(array.As<bool>().ToArray(), shape),
            _ => tensor(array.ToFloats(), shape),
        })[0];
    }

    private Tensor[] Own(params Tensor[] tensors)
    {
        foreach (Tensor tensor in tensors)
            _owned.Add(tensor.DetachFromDisposeScope());
        return tensors;
    }
}
