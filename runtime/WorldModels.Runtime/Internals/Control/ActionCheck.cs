using System.Globalization;
using System.Numerics;
using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// Looks at every action before a host gets it: numbers beyond the manifest's bounds are clipped to them and counted; NaN, infinity and
/// numbers of actions that there are not are refused. Where all is well, this is one pass of vectors over the actions, without allocation.
/// </summary>
internal sealed class ActionCheck
{
    // Bounds that were computed, as a middle and a half, are off by some units in the last place.
    private const float Rounding = 1e-5f;

    private readonly Bundle _bundle;
    private readonly ActionSpec _space;
    private readonly string _graph, _action, _logits;
    private readonly float[] _lows = [], _highs = [];
    private readonly float _slack;
    private readonly List<int> _broken = [];

    public ActionCheck(Bundle bundle, string graph)
    {
        (_bundle, _graph, _space) = (bundle, graph, bundle.Manifest.Action);
        GraphSpec spec = bundle.Manifest.Graphs[graph];
        (_action, _logits) = (spec.Output(TensorRole.Action)!.Name, spec.Output(TensorRole.Logits)?.Name ?? "");
        if (_space.Kind != ActionKind.Continuous)
            return;
        _lows = [.. Enumerable.Range(0, _space.Size).Select(i => (float)_space.LowOf(i))];
        _highs = [.. Enumerable.Range(0, _space.Size).Select(i => (float)_space.HighOf(i))];
        _slack = Rounding * (float)Math.Max(Math.Abs(_space.Low!.Value), Math.Abs(_space.High!.Value));
    }

    /// <summary>What was clipped.</summary>
    public ActionClipping Clipped { get; private set; }

    /// <summary>The rows that the last call gave no action, ascending.</summary>
    public IReadOnlyList<int> Broken => _broken;

    /// <summary>Clips the actions of a call where they lie, so that the next call reads what was played.</summary>
    /// <returns>What is to be thrown once the caller has the actions, or null.</returns>
    public GraphOutputException? Look(ControllerStep step, TensorBuffer actions, ReadOnlySpan<float> observations)
    {
        _broken.Clear();
        if (_space.Kind == ActionKind.Discrete)
            return Discrete(step, actions.Read<long>(), observations);
        bool fine = _space.Lows is null ? AreWithin(actions.Read<float>(), _lows[0], _highs[0]) : AreWithin(actions.Read<float>());
        return fine ? null : Clip(step, actions.Span<float>(), observations);
    }

    private GraphOutputException? Clip(ControllerStep step, Span<float> actions, ReadOnlySpan<float> observations)
    {
        GraphOutputException? broken = null;
        for (int i = 0; i < actions.Length; i++)
        {
            float value = actions[i], low = _lows[i % _lows.Length], high = _highs[i % _highs.Length];
            if (!float.IsFinite(value))
            {
                broken ??= Refuse(step, observations, _action, i, actions.Length, Named(value));
                Note(i / _space.Size);
                continue;
            }
            if (value < low - _slack || value > high + _slack)
            {
                Clipped = Clipped.Count == 0 ? new(1, value, value)
                    : new(Clipped.Count + 1, Math.Min(Clipped.Least, value), Math.Max(Clipped.Most, value));
            }
            actions[i] = Math.Clamp(value, low, high);
        }
        return broken;
    }

    private GraphOutputException? Discrete(ControllerStep step, ReadOnlySpan<long> actions, ReadOnlySpan<float> observations)
    {
        GraphOutputException? broken = null;
        ReadOnlySpan<float> logits = step.LogitsAtHand;
        if (!AreNumbers(logits))
        {
            for (int i = 0; i < logits.Length; i++)
            {
                if (!float.IsNaN(logits[i]))
                    continue;
                broken ??= Refuse(step, observations, _logits, i, logits.Length, "NaN");
                Note(i / (logits.Length / actions.Length));
            }
            return broken;
        }
        for (int row = 0; row < actions.Length; row++)
        {
            if ((ulong)actions[row] < (ulong)_space.Count!.Value)
                continue;
            broken ??= Refuse(step, observations, _action, row, actions.Length,
                $"{actions[row]}, where actions are 0 to {_space.Count - 1},");
            Note(row);
        }
        return broken;
    }

    private void Note(int row)
    {
        if (_broken.Count == 0 || _broken[^1] != row)
            _broken.Add(row);
    }

    private GraphOutputException Refuse(
        ControllerStep step, ReadOnlySpan<float> observations, string tensor, int at, int length, string value)
    {
        int size = length / step.Batch, row = at / size, seen = observations.Length / step.Batch;
        long call = step.StepOf(row);
        string cause = "though its observation is finite: export a policy whose weights are finite";
        for (int i = row * seen; i < (row + 1) * seen; i++)
        {
            if (float.IsFinite(observations[i]))
                continue;
            cause = $"as its observation has {Named(observations[i])} at {i - row * seen}: look at what is fed to it";
            break;
        }
        string element = size == 1 ? "" : $"[{at % size}]";
        return new($"Bundle '{_bundle.Directory}': graph '{_graph}' gave {value} as '{tensor}'{element} of row {row} at step "
            + $"{call}, {cause}.", _graph, tensor, row, call);
    }

    /// <summary>A number that is none, in words.</summary>
    internal static string Named(float value) => float.IsNaN(value) ? "NaN" : float.IsPositiveInfinity(value) ? "infinity"
        : float.IsNegativeInfinity(value) ? "-infinity" : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether all values are in an interval; NaN is in none.</summary>
    private static bool AreWithin(ReadOnlySpan<float> values, float low, float high)
    {
        Vector<float> lows = new(low), highs = new(high);
        for (; values.Length >= Vector<float>.Count; values = values[Vector<float>.Count..])
        {
            Vector<float> some = new(values);
            if (!(Vector.GreaterThanOrEqualAll(some, lows) && Vector.LessThanOrEqualAll(some, highs)))
                return false;
        }
        foreach (float value in values)
        {
            if (!(value >= low && value <= high))
                return false;
        }
        return true;
    }

    /// <summary>Whether all elements are within their own bounds.</summary>
    private bool AreWithin(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= _lows[i % _lows.Length] && values[i] <= _highs[i % _highs.Length]))
                return false;
        }
        return true;
    }

    /// <summary>Whether no value is NaN; a logit may be minus infinity, of an action that is masked.</summary>
    private static bool AreNumbers(ReadOnlySpan<float> values) => AreWithin(values, float.NegativeInfinity, float.PositiveInfinity);
}
