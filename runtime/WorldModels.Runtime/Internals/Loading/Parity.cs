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
    private readonly ParityDraws _draws;

    private Parity(GraphRunner runner, bool isRollout, IReadOnlyList<Dictionary<string, NpyArray>> inputs,
        IReadOnlyList<Dictionary<string, NpyArray>> outputs)
    {
        (_runner, _isRollout, _inputs, _outputs) = (runner, isRollout, inputs, outputs);
        _draws = new(runner.Spec, inputs, outputs);
    }

    /// <summary>The reference of one graph, or null if the file has none.</summary>
    public static Parity? Read(string path, Dictionary<string, NpyArray> arrays, string prefix, GraphRunner runner)
    {
        bool isRollout = prefix.Length > 0;
        if (!arrays.Keys.Any(k => k.StartsWith($"{prefix}{runner.Name}/", StringComparison.Ordinal)))
            return null;
        List<string> problems = new List<string>();
        Dictionary<string, NpyArray> Take(string side, IEnumerable<TensorSpec> tensors)
        {
            Dictionary<string, NpyArray> taken = new Dictionary<string, NpyArray>();
            foreach (TensorSpec tensor in tensors)
            {
                string name = $"{prefix}{runner.Name}/{side}/{tensor.Name}";
                if (!arrays.TryGetValue(name, out NpyArray? array))
                    problems.Add($"array '{name}' is missing");
                else if (!Fits(tensor, array, isRollout ? 1 : 0))
                    problems.Add($"array '{name}': expected {(isRollout ? "steps of " : "")}{tensor.Describe()}, found {array.Describe()}");
                else
                    taken[tensor.Name] = array;
            }
            return taken;
        }

        Dictionary<string, NpyArray> given = Take("inputs", runner.Spec.Inputs);
        Dictionary<string, NpyArray> expected = Take("outputs", runner.Spec.Outputs);
        IEnumerable<string> leading = given.Values.Concat(expected.Values).Select(a => $"({string.Join(", ", a.Shape.Take(isRollout ? 2 : 1))})");
        if (leading.Distinct().Count() > 1)
            problems.Add($"{prefix}{runner.Name}: arrays disagree on (T, B): {string.Join(" and ", leading.Distinct())}");
        if (problems.Count > 0)
            throw BundleException.Of($"'{path}'", problems);
        return isRollout ? new(runner, true, Steps(given), Steps(expected)) : new(runner, false, [given], [expected]);
    }

    /// <summary>
    /// Runs every step on the reference's inputs, and a rollout on its own states too. Draws are judged as <see cref="BundleVerifier"/>
    /// says.
    /// </summary>
    public GraphVerification Compare(ParitySpec spec)
    {
        List<string> failures = new List<string>();
        double maxError = 0;
        int nearTies = 0, rows = 0;
        for (int t = 0; t < _inputs.Count; t++)
        {
            IReadOnlyDictionary<string, NpyArray> found = _runner.Run(_inputs[t]);
            Dictionary<string, double[]> errors = _runner.Spec.Outputs.ToDictionary(o => o.Name, o => RowErrors(found[o.Name], _outputs[t][o.Name]));
            int batch = errors.Values.First().Length;
            rows += batch;
            HashSet<int> excused = new HashSet<int>();
            HashSet<int> refused = new HashSet<int>();
            foreach (ParityDraws.Flip flip in Flips(t, found, errors, spec))
            {
                if (!flip.LogitsAgree)
                    continue; // An earlier draw moved the logits: that draw is judged, or the error of the logits.
                if (flip.IsNearTie)
                {
                    nearTies++;
                }
                else
                {
                    failures.Add($"draw from '{flip.Logits}', step {t}, row {flip.Row}, group {flip.Group}: another class, "
                    + $"{flip.Gap:0.0e+0} from the best perturbed logit, allowed {spec.NearTies:0.0e+0}");
                }

                (flip.IsNearTie ? excused : refused).Add(flip.Row);
            }
            excused.ExceptWith(refused);
            foreach (TensorSpec tensor in _runner.Spec.Outputs)
            {
                double allowed = Allowed(tensor, spec);
                for (int row = 0; row < batch; row++)
                {
                    double error = errors[tensor.Name][row];
                    if (excused.Contains(row))
                        continue;
                    if (tensor.Dtype == TensorType.Float32)
                        maxError = Math.Max(maxError, error);
                    if (error > allowed)
                        failures.Add($"output '{tensor.Name}', step {t}, row {row}: {Said(found[tensor.Name], row, error, allowed)}");
                }
            }
        }
        if (_isRollout && _inputs.Count != spec.Horizon)
            failures.Add($"the recorded rollout has {_inputs.Count} steps, the manifest says {spec.Horizon}");
        if (failures.Count > MaxFailures)
            failures = [.. failures.Take(MaxFailures), $"and {failures.Count - MaxFailures} more"];
        return new()
        {
            Graph = _runner.Name,
            Steps = _inputs.Count,
            IsRollout = _isRollout,
            Rows = rows,
            Draws = (long)rows * _draws.EachRow,
            MaxError = maxError,
            NearTies = nearTies,
            Drift = _isRollout ? Drift(spec) : null,
            Failures = failures,
        };
    }

    /// <summary>
    /// The largest error of the rollout when each step is fed the states that the step before gave. A row counts until a near tie draws
    /// another class than the reference.
    /// </summary>
    private double? Drift(ParitySpec spec)
    {
        List<TensorSpec> fed = _runner.Spec.Outputs.Where(o => o.Feeds is not null && _runner.Spec.Inputs.Any(i => i.Name == o.Feeds)).ToList();
        if (fed.Count == 0)
            return null;
        double drift = 0;
        HashSet<int> diverged = new HashSet<int>();
        IReadOnlyDictionary<string, NpyArray>? previous = null;
        for (int t = 0; t < _inputs.Count; t++)
        {
            Dictionary<string, NpyArray> given = new Dictionary<string, NpyArray>(_inputs[t]);
            if (previous is not null)
            {
                foreach (TensorSpec output in fed)
                    given[output.Feeds!] = previous[output.Name];
            }

            previous = _runner.Run(given);
            Dictionary<string, double[]> errors = _runner.Spec.Outputs.ToDictionary(o => o.Name, o => RowErrors(previous[o.Name], _outputs[t][o.Name]));
            diverged.UnionWith(Flips(t, previous, errors, spec).Where(flip => flip.IsNearTie).Select(flip => flip.Row));
            foreach (TensorSpec tensor in _runner.Spec.Outputs.Where(o => o.Dtype == TensorType.Float32))
            {
                for (int row = 0; row < errors[tensor.Name].Length; row++)
                {
                    if (!diverged.Contains(row))
                        drift = Math.Max(drift, errors[tensor.Name][row]);
                }
            }
        }
        return drift;
    }

    /// <summary>The draws of a step that differ from the reference's. One that no output shows counts where an output differs.</summary>
    private IEnumerable<ParityDraws.Flip> Flips(int t, IReadOnlyDictionary<string, NpyArray> found, Dictionary<string, double[]> errors,
        ParitySpec spec)
    {
        bool Agrees(TensorSpec tensor, int row) => errors[tensor.Name][row] <= Allowed(tensor, spec);
        return _draws.Flips(_inputs[t], _outputs[t], found, spec.NearTies, Agrees)
            .Where(flip => flip.IsSeen || _runner.Spec.Outputs.Any(o => o.Role != TensorRole.Logits && !Agrees(o, flip.Row)));
    }

    /// <summary>How a row differs; the rows of a graph that gives less than it was asked for are all missing.</summary>
    private static string Said(NpyArray found, int row, double error, double allowed)
    {
        if (!double.IsPositiveInfinity(error))
            return $"differs by {error:0.0e+0}, allowed {allowed:0.0e+0}";
        double[] values = found.Shape.Count > 0 && row < found.Shape[0] ? Doubles(found.Slice(row)) : [];
        int at = Array.FindIndex(values, value => !double.IsFinite(value));
        return at < 0 ? $"is no row like the reference's; the graph gave {found.Describe()}"
            : $"is {ActionCheck.Named((float)values[at])} at {at}";
    }

    private static double Allowed(TensorSpec tensor, ParitySpec spec) => tensor.Dtype == TensorType.Float32 ? spec.Tolerance : 0;

    /// <summary>Each row's largest |a - b| / (1 + |b|); infinite where the shapes differ or a value is not a number.</summary>
    private static double[] RowErrors(NpyArray found, NpyArray expected)
    {
        double[] errors = new double[expected.Shape[0]];
        if (!found.Shape.SequenceEqual(expected.Shape))
        {
            Array.Fill(errors, double.PositiveInfinity);
            return errors;
        }
        double[] a = Doubles(found), b = Doubles(expected);
        int size = b.Length / errors.Length;
        for (int i = 0; i < b.Length; i++)
        {
            if (a[i] == b[i])
                continue; // Also for two infinities of one sign, whose difference is not a number.
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
