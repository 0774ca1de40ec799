using WorldModels.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// A tensor at each of several steps, (T, B, ...row) in one piece of memory, so that what does not depend on the step before it runs once
/// over T * B rows.
/// </summary>
internal sealed class Trajectory : IDisposable
{
    private readonly TensorSpec _spec;
    private readonly int _batch;
    private readonly NativeBlock _memory;
    private readonly DeviceTensor? _device;
    private readonly TensorBuffer[] _steps;
    private readonly List<OrtValue> _views = [];

    /// <param name="spec">The tensor.</param>
    /// <param name="batch">B.</param>
    /// <param name="steps">T.</param>
    /// <param name="isConstant">Whether all steps are one and the same.</param>
    /// <param name="device">Where it is besides the host's memory, if anywhere.</param>
    public Trajectory(TensorSpec spec, int batch, int steps, bool isConstant = false, DeviceMemory? device = null)
    {
        (_spec, _batch, IsConstant) = (spec, batch, isConstant);
        int places = isConstant ? 1 : steps;
        _memory = new((long)TensorBuffer.BytesOf(spec, batch) * places);
        if (device is not null) _device = new(device, spec, batch, places, _memory);
        _steps = new TensorBuffer[steps];
        for (int t = 0; t < steps; t++)
            _steps[t] = isConstant && t > 0 ? _steps[0] : new(spec, batch, _memory, t, _device);
    }

    /// <summary>Whether all steps are one and the same.</summary>
    public bool IsConstant { get; }

    /// <summary>Whether <see cref="Rows"/> can span steps.</summary>
    public bool IsOnePiece => !IsConstant && _device is null or { IsOnePiece: true };

    /// <summary>T.</summary>
    public int Length => _steps.Length;

    /// <summary>The tensor at a step.</summary>
    public TensorBuffer this[int step] => _steps[step];

    /// <summary>The tensor at the last step.</summary>
    public TensorBuffer Last => _steps[^1];

    /// <summary>Rows [start, start + count) of the T * B; lives as long as this.</summary>
    public TensorView Rows(long start, int count)
    {
        if (IsConstant) throw new InvalidOperationException($"'{_spec.Name}' is the same at all steps: it has no rows of later ones.");
        if (_device is not null)
        {
            int first = (int)(start / _batch), last = (int)((start + count - 1) / _batch);
            return new(_device.View(start, count), _steps[first..(last + 1)]);
        }
        var view = TensorBuffer.Wrap(_spec, _memory, start * _spec.RowSize * Tensors.SizeOf(_spec.Dtype), count);
        _views.Add(view);
        return new(view, []);
    }

    public void Dispose()
    {
        foreach (var view in _views) view.Dispose();
        foreach (var step in _steps) step.Dispose();
        _memory.Dispose();
    }
}
