using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>
/// A tensor at each of several steps, (T, B, ...row) in one piece of memory, so that what does not depend on the step before it runs once
/// over T * B rows.
/// </summary>
internal sealed class Trajectory : IDisposable
{
    private readonly TensorSpec _spec;
    private readonly NativeBlock _memory;
    private readonly TensorBuffer[] _steps;
    private readonly List<OrtValue> _views = [];

    /// <param name="spec">The tensor.</param>
    /// <param name="batch">B.</param>
    /// <param name="steps">T.</param>
    /// <param name="isConstant">Whether all steps are one and the same.</param>
    public Trajectory(TensorSpec spec, int batch, int steps, bool isConstant = false)
    {
        (_spec, IsConstant) = (spec, isConstant);
        long step = TensorBuffer.BytesOf(spec, batch);
        _memory = new(isConstant ? step : step * steps);
        _steps = new TensorBuffer[steps];
        for (int t = 0; t < steps; t++)
            _steps[t] = isConstant && t > 0 ? _steps[0] : new(spec, batch, _memory, isConstant ? 0 : t * step);
    }

    /// <summary>Whether all steps are one and the same.</summary>
    public bool IsConstant { get; }

    /// <summary>T.</summary>
    public int Length => _steps.Length;

    /// <summary>The tensor at a step.</summary>
    public TensorBuffer this[int step] => _steps[step];

    /// <summary>The tensor at the last step.</summary>
    public TensorBuffer Last => _steps[^1];

    /// <summary>Rows [start, start + count) of the T * B; lives as long as this.</summary>
    public OrtValue Rows(long start, int count)
    {
        if (IsConstant) throw new InvalidOperationException($"'{_spec.Name}' is the same at all steps: it has no rows of later ones.");
        var view = TensorBuffer.Wrap(_spec, _memory, start * _spec.RowSize * Tensors.SizeOf(_spec.Dtype), count);
        _views.Add(view);
        return view;
    }

    public void Dispose()
    {
        foreach (var view in _views) view.Dispose();
        foreach (var step in _steps) step.Dispose();
        _memory.Dispose();
    }
}
