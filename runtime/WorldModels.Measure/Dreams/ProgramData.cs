using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>What a program starts from and is given, drawn as the runtime draws it.</summary>
/// <param name="program">The program.</param>
/// <param name="batch">B.</param>
/// <param name="seed">Determines the noise.</param>
internal sealed class ProgramData(RolloutProgram program, int batch, ulong seed)
{
    /// <summary>The states that it starts from, (B, ...), by their names in the program; zeros for others.</summary>
    public IReadOnlyDictionary<string, NpyArray> States { get; init; } = new Dictionary<string, NpyArray>();

    /// <summary>The actions of each step, (T, B, ...), where they are given.</summary>
    public NpyArray? Actions { get; init; }

    /// <summary>What is observed, (B, ...).</summary>
    public NpyArray? Observation { get; init; }

    /// <summary>All values, by their names in the program.</summary>
    public IReadOnlyDictionary<string, NpyArray> ToArrays()
    {
        Dictionary<string, NpyArray> arrays = [];
        foreach (string name in program.Start)
            arrays[name] = States.TryGetValue(name, out NpyArray? state) ? state : Value(name, [0], []);
        foreach (string name in program.Fixed)
            arrays[name] = Value(name, [1], []); // No step of a dream is a first one.
        foreach (string name in program.Given)
        {
            arrays[name] = name == ProgramBuilder.Action && Actions is not null
                ? Actions : Value(name, [.. Enumerable.Range(0, program.Steps)], [program.Steps]);
        }
        return arrays;
    }

    private NpyArray Value(string name, int[] steps, int[] leading)
    {
        (string graph, TensorSpec tensor) = program.Inputs[name];
        if (tensor.Role == TensorRole.Observation)
            return Observation ?? throw new BundleException($"Graph {graph} reads an observation, and the bundle has recorded none.");
        NpyType type = Enum.Parse<NpyType>($"{tensor.Dtype}");
        NpyArray array = NpyArray.Zeros(type, [.. leading, batch, .. tensor.Shape.Skip(1).Select(d => d.Size)]);
        int row = tensor.RowSize;
        switch (tensor.Role)
        {
            case TensorRole.Noise:
                uint stream = Philox.Stream(tensor.Stream ?? $"{graph}/{tensor.Name}");
                for (int t = 0; t < steps.Length; t++)
                {
                    for (int b = 0; b < batch; b++)
                    {
                        NoiseKey key = new(seed, (uint)b, (uint)steps[t], stream);
                        Philox.Fill(tensor.Noise!.Value, key, array.As<float>().Slice((t * batch + b) * row, row));
                    }
                }

                break;
            case TensorRole.Setting:
                array.As<float>().Fill(tensor.Default!.Value);
                break;
            case TensorRole.IsFirst when steps[0] == 0:
                if (type == NpyType.Float32)
                    array.As<float>()[..(batch * row)].Fill(1);
                else if (type == NpyType.Int64)
                    array.As<long>()[..(batch * row)].Fill(1);
                else
                    array.As<bool>()[..(batch * row)].Fill(true);
                break;
        }
        return array;
    }
}
