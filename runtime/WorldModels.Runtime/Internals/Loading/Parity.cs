using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>A graph's reference inputs and outputs, a dictionary a step.</summary>
internal sealed class Parity
{
    private const int MaxFailures = 8;
    private readonly GraphRunner _runner;
    private readonly bool _isRollout;
    private readonly IReadOnlyList<Dictionary<string, NpyArray>> _inputs;
    private readonly IReadOnlyList<Dictionary<string, NpyArray>> _outputs;

    private Parity(GraphRunner runner, bool isRollout, IReadOnlyList<Dictionary<string, NpyArray>> inputs,
        IReadOnlyList<Dictionary<string, NpyArray>> outputs)
    {
        (_runner, _isRollout, _inputs, _outputs) = (runner, isRollout, inputs, outputs);
    }

    /// <summary>The reference of one graph, or null if the file has none.</summary>
    public static Parity? Read(string path, Dictionary<string, NpyArray> arrays, string prefix, GraphRunner runner)
    {
        bool isRollout = prefix.Length > 0;
        if (!arrays.Keys.Any(k => k.StartsWith($"{prefix}{runner.Name}/", StringComparison.Ordinal))) return null;
        var problems = new List<string>();
        Dictionary<string, NpyArray> Take(string side, IEnumerable<TensorSpec> tensors)
        {
            var taken = new Dictionary<string, NpyArray>();
            foreach (var tensor in tensors)
            {
                string name = $"{prefix}{runner.Name}/{side}/{tensor.Name}";
                if (!arrays.TryGetValue(name, out var array)) problems.Add($"array '{name}' is missing");
                else if (!Fits(tensor, array, isRollout ? 1 : 0))
                    problems.Add($"array '{name}': expected {(isRollout ? "steps of " : "")}{tensor.Describe()}, found {array.Describe()}");
                else taken[tensor.Name] = array;
            }
            return taken;
        }

        var given = Take("inputs", runner.Spec.Inputs);
        var expected = Take("outputs", runner.Spec.Outputs);
        var leading = given.Values.Concat(expected.Values).Select(a => $"({string.Join(", ", a.Shape.Take(isRollout ? 2 : 1))})");
        if (leading.Distinct().Count() > 1)
            problems.Add($"{prefix}{runner.Name}: arrays disagree on (T, B): {string.Join(" and ", leading.Distinct())}");
        if (problems.Count > 0) throw BundleException.Of($"'{path}'", problems);
        return isRollout ? new(runner, true, Steps(given), Steps(expected)) : new(runner, false, [given], [expected]);
    }

    /// <summary>Runs every step on the reference's inputs, and a rollout on its own states too.</summary>
    public GraphVerification Compare(ParitySpec spec)
    {
        var failures = new List<string>();
        double maxError = 0;
        int nearTies = 0, rows = 0;
        for (int t = 0; t < _inputs.Count; t++)
        {
            var found = _runner.Run(_inputs[t]);
            var errors = _runner.Spec.Outputs.ToDictionary(o => o.Name, o => RowErrors(found[o.Name], _outputs[t][o.Name]));
            int batch = errors.Values.First().Length;
            rows += batch;
            var other = OtherDraws(t, errors, spec);
            nearTies += other.Count;
            foreach (var tensor in _runner.Spec.Outputs)
            {
                double allowed = Allowed(tensor, spec);
                for (int row = 0; row < batch; row++)
                {
                    double error = errors[tensor.Name][row];
                    if (other.Contains(row)) continue;
                    if (tensor.Dtype == TensorType.Float32) maxError = Math.Max(maxError, error);
                    if (error > allowed)
                        failures.Add($"output '{tensor.Name}', step {t}, row {row}: differs by {error:0.0e+0}, allowed {allowed:0.0e+0}");
                }
            }
        }
        if (_isRollout && _inputs.Count != spec.Horizon)
            failures.Add($"the recorded rollout has {_inputs.Count} steps, the manifest says {spec.Horizon}");
        if (failures.Count > MaxFailures) failures = [.. failures.Take(MaxFailures), $"and {failures.Count - MaxFailures} more"];
        return new()
        {
            Graph = _runner.Name,
            Steps = _inputs.Count,
            IsRollout = _isRollout,
            Rows = rows,
            MaxError = maxError,
            NearTies = nearTies,
            Drift = _isRollout ? Drift() : null,
            Failures = failures,
        };
    }

    /// <summary>The rollout again, each step fed the states that the one before gave.</summary>
    private double? Drift()
    {
        var fed = _runner.Spec.Outputs.Where(o => o.Feeds is not null && _runner.Spec.Inputs.Any(i => i.Name == o.Feeds)).ToList();
        if (fed.Count == 0) return null;
        double drift = 0;
        IReadOnlyDictionary<string, NpyArray>? previous = null;
        for (int t = 0; t < _inputs.Count; t++)
        {
            var given = new Dictionary<string, NpyArray>(_inputs[t]);
            if (previous is not null)
                foreach (var output in fed) given[output.Feeds!] = previous[output.Name];
            previous = _runner.Run(given);
            foreach (var tensor in _runner.Spec.Outputs.Where(o => o.Dtype == TensorType.Float32))
                drift = Math.Max(drift, RowErrors(previous[tensor.Name], _outputs[t][tensor.Name]).Max());
        }
        return drift;
    }

    /// <summary>
    /// The rows that drew otherwise than the reference for the reason that the manifest allows: a discrete output or a state differs, and
    /// logits that agree have a near tie there. What follows from the draw, such as the reward, differs with it.
    /// </summary>
    private HashSet<int> OtherDraws(int t, Dictionary<string, double[]> errors, ParitySpec spec)
    {
        var rows = new HashSet<int>();
        foreach (var drawn in _runner.Spec.Outputs.Where(o => o.Dtype == TensorType.Int64 || o.Role == TensorRole.State))
            for (int row = 0; row < errors[drawn.Name].Length; row++)
                if (errors[drawn.Name][row] > Allowed(drawn, spec)) rows.Add(row);
        if (rows.Count == 0) return rows;
        var tied = new HashSet<int>();
        foreach (var logits in _runner.Spec.Outputs.Where(o => o.Role == TensorRole.Logits))
            tied.UnionWith(Ties(logits, t, spec.NearTies).Where(row => errors[logits.Name][row] <= spec.Tolerance));
        rows.IntersectWith(tied);
        return rows;
    }

    /// <summary>Rows in which the two best classes of a categorical are closer than <paramref name="nearTies"/>.</summary>
    private HashSet<int> Ties(TensorSpec logits, int t, double nearTies)
    {
        float[] values = _outputs[t][logits.Name].ToFloats();
        // Gumbel-max draws the argmax of logits plus noise: that is where a tie counts.
        foreach (var noise in _runner.Spec.Inputs.Where(i => i.Noise == NoiseKind.Gumbel && i.Shape.SequenceEqual(logits.Shape)))
        {
            var drawn = _inputs[t][noise.Name].As<float>();
            for (int i = 0; i < values.Length; i++) values[i] += drawn[i];
        }
        int[] shape = [.. _outputs[t][logits.Name].Shape];
        int axis = logits.Axis is { } a ? (a < 0 ? a + shape.Length : a) : shape.Length - 1;
        int classes = shape[axis];
        int inner = shape.Skip(axis + 1).Aggregate(1, (x, y) => x * y);
        int rowSize = values.Length / shape[0];
        var rows = new HashSet<int>();
        for (int start = 0; start < values.Length; start++)
            if (start / inner % classes == 0 && Gap(values, start, inner, classes) < nearTies) rows.Add(start / rowSize);
        return rows;
    }

    private static double Allowed(TensorSpec tensor, ParitySpec spec) => tensor.Dtype == TensorType.Float32 ? spec.Tolerance : 0;

    private static double Gap(float[] values, int start, int stride, int classes)
    {
        float best = float.NegativeInfinity, second = float.NegativeInfinity;
        for (int c = 0; c < classes; c++)
        {
            float value = values[start + c * stride];
            if (value > best) (best, second) = (value, best);
            else second = Math.Max(second, value);
        }
        return (double)best - second;
    }

    /// <summary>Each row's largest |a - b| / (1 + |b|); infinite where the shapes differ or a number is none.</summary>
    private static double[] RowErrors(NpyArray found, NpyArray expected)
    {
        var errors = new double[expected.Shape[0]];
        if (!found.Shape.SequenceEqual(expected.Shape))
        {
            Array.Fill(errors, double.PositiveInfinity);
            return errors;
        }
        double[] a = Doubles(found), b = Doubles(expected);
        int size = b.Length / errors.Length;
        for (int i = 0; i < b.Length; i++)
        {
            if (a[i] == b[i]) continue; // Infinities of one sign too.
            double difference = Math.Abs(a[i] - b[i]) / (1 + Math.Abs(b[i]));
            errors[i / size] = Math.Max(errors[i / size], double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }
        return errors;
    }

    private static double[] Doubles(NpyArray array) => array.Type == NpyType.Int64
        ? Array.ConvertAll(array.As<long>().ToArray(), x => (double)x)
        : Array.ConvertAll(array.ToFloats(), x => (double)x);

    private static bool Fits(TensorSpec tensor, NpyArray array, int skip) =>
        array.Type == Tensors.ArrayType(tensor.Dtype) && array.Shape.Count == tensor.Shape.Count + skip && array.Length > 0
        && tensor.Shape.Select((d, i) => !d.IsFixed || d.Size == array.Shape[i + skip]).All(ok => ok);

    private static List<Dictionary<string, NpyArray>> Steps(Dictionary<string, NpyArray> arrays) =>
        [.. Enumerable.Range(0, arrays.Values.First().Shape[0]).Select(t => arrays.ToDictionary(a => a.Key, a => a.Value.Slice(t)))];
}
