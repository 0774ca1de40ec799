using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>
/// Makes the reference of a bundle whose training code is not at hand: what its own graphs answer here, on the CPU, to fixed inputs, for
/// <see cref="BundleVerifier"/> to compare on other devices. It cannot tell whether an export was right.
/// </summary>
public static class BundleReference
{
    /// <summary>Steps of the recorded rollouts.</summary>
    public const int Horizon = 15;

    private const int Batch = 8;
    private const ulong Seed = 20_260_101;

    /// <summary>
    /// Runs one step of every graph, and a rollout of every graph that feeds its own states, on given observations, or on drawn ones within
    /// the manifest's bounds. The bundle needs no parity file yet.
    /// </summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="observations">Observations (N, ...observation); empty: they are drawn.</param>
    /// <returns>The arrays of a parity file.</returns>
    /// <exception cref="GraphOutputException">A graph gave NaN or infinity.</exception>
    /// <exception cref="BundleException">The bundle is damaged, or a graph fails, or gives other rows than it was asked for.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Record(string directory, ReadOnlySpan<float> observations)
    {
        using Bundle bundle = new(directory, new() { Provider = "cpu", Variant = VariantSpec.Plain });
        Recorder recorder = new(bundle, observations.ToArray());
        foreach (string graph in bundle.Manifest.Graphs.Keys)
            recorder.Record(graph);
        return recorder.Arrays;
    }

    private sealed class Recorder
    {
        private readonly Bundle _bundle;
        private readonly Manifest _manifest;
        private readonly float[] _observations;
        private readonly Dictionary<string, NpyArray> _states = [];

        public Recorder(Bundle bundle, float[] observations)
        {
            (_bundle, _manifest, _observations) = (bundle, bundle.Manifest, observations);
            foreach (TensorSpec input in _manifest.Graphs.Values.SelectMany(g => g.Inputs).Where(i => i.Role == TensorRole.State))
                _states[input.Name] = NpyArray.Zeros(Tensors.ArrayType(input.Dtype), Shape(input));
            if (bundle.Has("observe"))
                Feed(_states, _manifest.Graphs["observe"], Run(new(bundle.Open("observe")), Inputs("observe", _states, 0), 0));
            // A state that is an observation begins as one.
            foreach (string name in _states.Keys.ToList())
            {
                TensorSpec spec = _manifest.Graphs.Values.SelectMany(g => g.Inputs)
                    .First(i => i.Name == name && i.Role == TensorRole.State);
                if (spec.Initial == InitialState.Starts && spec.RowSize == _manifest.Observation.Size && spec.Dtype == TensorType.Float32)
                    _states[name] = NpyArray.Of(Observations(0), Shape(spec));
            }
        }

        public Dictionary<string, NpyArray> Arrays { get; } = [];

        public void Record(string name)
        {
            GraphRunner runner = new(_bundle.Open(name));
            GraphSpec spec = runner.Spec;
            Dictionary<string, NpyArray> given = Inputs(name, _states, 0);
            Store($"{name}/inputs/", given);
            Store($"{name}/outputs/", Run(runner, given, 0));
            if (spec.Outputs.All(o => o.Feeds is null) || spec.Input(TensorRole.State) is null)
                return;
            Dictionary<string, NpyArray> states = new(_states);
            List<IReadOnlyDictionary<string, NpyArray>> inputs = [], outputs = [];
            for (int step = 0; step < Horizon; step++)
            {
                inputs.Add(Inputs(name, states, step));
                outputs.Add(Run(runner, inputs[^1], step));
                Feed(states, spec, outputs[^1]);
            }
            Store($"rollout/{name}/inputs/", Stacked(inputs));
            Store($"rollout/{name}/outputs/", Stacked(outputs));
        }

        private IReadOnlyDictionary<string, NpyArray> Run(GraphRunner runner, IReadOnlyDictionary<string, NpyArray> given, int step)
        {
            IReadOnlyDictionary<string, NpyArray> found = runner.Run(given);
            foreach (TensorSpec output in runner.Spec.Outputs)
            {
                NpyArray array = found[output.Name];
                if (!array.Shape.SequenceEqual(Shape(output)))
                {
                    throw new BundleException($"Bundle '{_bundle.Directory}': graph '{runner.Name}' gave '{output.Name}' as "
                        + $"{array.Describe()}, where {output.Describe()} of {Batch} rows was expected: {FixedBatch.Remedy(runner.Spec)}.");
                }

                // A logit may be minus infinity, of an action that is masked.
                float[] values = array.Type == NpyType.Float32 ? array.ToFloats() : [];
                int bad = Array.FindIndex(values, x => output.Role == TensorRole.Logits ? float.IsNaN(x) : !float.IsFinite(x));
                if (bad < 0)
                    continue;
                int size = array.Length / Batch;
                throw new GraphOutputException($"Bundle '{_bundle.Directory}': graph '{runner.Name}' gave "
                    + $"{ActionCheck.Named(values[bad])} as '{output.Name}'{(size > 1 ? $"[{bad % size}]" : "")} of row {bad / size} "
                    + $"at step {step}, from finite inputs: export a network whose weights are finite.", runner.Name,
                        output.Name, bad / size,
                    step);
            }
            return found;
        }

        private static void Feed(Dictionary<string, NpyArray> states, GraphSpec spec, IReadOnlyDictionary<string, NpyArray> outputs)
        {
            foreach (TensorSpec output in spec.Outputs.Where(o => o.Feeds is not null))
                states[output.Feeds!] = outputs[output.Name];
        }

        private Dictionary<string, NpyArray> Inputs(string graph, Dictionary<string, NpyArray> states, int step) =>
            _manifest.Graphs[graph].Inputs.ToDictionary(input => input.Name, input => input.Role switch
            {
                TensorRole.State => states[input.Name],
                TensorRole.Observation => NpyArray.Of(Observations(step), Shape(input)),
                TensorRole.Noise => NpyArray.Of(Draw(input.Noise!.Value, $"parity-{input.Name}", input.RowSize, step), Shape(input)),
                TensorRole.Action when input.Dtype == TensorType.Int64 => NpyArray.Of(Choices(step), Shape(input)),
                TensorRole.Action => NpyArray.Of(Actions(input.RowSize, step), Shape(input)),
                TensorRole.IsFirst => First(input, step == 0),
                TensorRole.Task => NpyArray.Of(Tasks(step), Shape(input)),
                TensorRole.Setting => NpyArray.Of(
                    Between(input.Default!.Value, input.Default.Value + 1, $"parity-{input.Name}", input.RowSize, step), Shape(input)),
                _ => throw new BundleException($"Bundle '{_bundle.Directory}': nothing is known to feed input '{input.Name}' of graph "
                    + $"'{graph}' with: its role is {NameConverter<TensorRole>.Write(input.Role)}."),
            });

        private static NpyArray First(TensorSpec input, bool isFirst)
        {
            NpyArray array = NpyArray.Zeros(Tensors.ArrayType(input.Dtype), Shape(input));
            switch (array.Type)
            {
                case NpyType.Float32: array.As<float>().Fill(isFirst ? 1 : 0); break;
                case NpyType.Int64: array.As<long>().Fill(isFirst ? 1 : 0); break;
                default: array.As<bool>().Fill(isFirst); break;
            }
            return array;
        }

        /// <summary>Other ones at every step, for a graph may remember those before.</summary>
        private float[] Observations(int step)
        {
            int size = _manifest.Observation.Size, starts = _observations.Length / size;
            float[] values = new float[Batch * size];
            for (int row = 0; row < Batch && starts > 0; row++)
                Array.Copy(_observations, (row * starts / Batch + step) % starts * size, values, row * size, size);
            if (starts > 0)
                return values;
            return _manifest.Observation.IsBounded
                ? Between(_manifest.Observation.Low, _manifest.Observation.High, "parity-observation", size, step)
                : Draw(NoiseKind.Gaussian, "parity-observation", size, step);
        }

        private float[] Actions(int size, int step)
        {
            ActionSpec space = _manifest.Action;
            float[] shares = Between(0, 1, "parity-action", size, step);
            for (int i = 0; i < shares.Length; i++)
            {
                int element = i % space.Size;
                shares[i] = (float)(space.LowOf(element) + shares[i] * (space.HighOf(element) - space.LowOf(element)));
            }
            return shares;
        }

        private long[] Choices(int step) => [.. Enumerable.Range(0, Batch).Select(row =>
            (long)Philox.NextInt(new NoiseKey(Seed, (uint)row, (uint)step, Philox.Stream("parity-action")),
                _manifest.Action.Count!.Value))];

        private long[] Tasks(int step) => [.. Enumerable.Range(0, Batch).Select(row => (long)((row + step) % _manifest.Tasks!.Count))];

        private static float[] Between(double low, double high, string stream, int size, int step) =>
            Array.ConvertAll(Draw(NoiseKind.Uniform, stream, size, step), x => (float)(low + x * (high - low)));

        private static float[] Draw(NoiseKind kind, string stream, int size, int step)
        {
            float[] values = new float[Batch * size];
            for (int row = 0; row < Batch; row++)
            {
                NoiseKey key = new(Seed, (uint)row, (uint)step, Philox.Stream(stream));
                Philox.Fill(kind, key, values.AsSpan(row * size, size));
            }
            return values;
        }

        private void Store(string prefix, IReadOnlyDictionary<string, NpyArray> arrays)
        {
            foreach ((string name, NpyArray array) in arrays)
                Arrays[prefix + name] = array;
        }

        private static Dictionary<string, NpyArray> Stacked(List<IReadOnlyDictionary<string, NpyArray>> steps) =>
            steps[0].ToDictionary(first => first.Key, first =>
            {
                NpyArray all = NpyArray.Zeros(first.Value.Type, [steps.Count, .. first.Value.Shape]);
                for (int t = 0; t < steps.Count; t++)
                    steps[t][first.Key].Bytes.CopyTo(all.Bytes.Slice(t * first.Value.Bytes.Length, first.Value.Bytes.Length));
                return all;
            });

        private static int[] Shape(TensorSpec tensor) => [.. Tensors.Shape(tensor, Batch).Select(size => (int)size)];
    }
}
