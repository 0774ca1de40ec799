using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// A tensor at each of several steps, (T, B, ...row) in one piece of memory, so that what does not depend on the step before it runs once
/// over T * B rows. What has fewer places than steps is either the same at all steps, in one place, or kept for the last step alone, in two
/// places: a run that reads one writes the other.
/// </summary>
internal sealed class Trajectory : IDisposable
{
    private readonly TensorSpec _spec;
    private readonly int _batch;
    private readonly NativeBlock _memory;
    private readonly DeviceTensor? _device;
    private readonly TensorBuffer[] _places;
    private readonly List<OrtValue> _views = [];

    /// <param name="spec">The tensor.</param>
    /// <param name="batch">B.</param>
    /// <param name="steps">T.</param>
    /// <param name="places">Tensors there is memory for: T, or 2 in turn, or 1 for all steps.</param>
    /// <param name="device">Where it is besides the host's memory, if anywhere.</param>
    public Trajectory(TensorSpec spec, int batch, int steps, int places, DeviceMemory? device = null)
    {
        (_spec, _batch, Length) = (spec, batch, steps);
        _memory = new((long)TensorBuffer.BytesOf(spec, batch) * places);
        if (device is not null)
            _device = new(device, spec, batch, places, _memory);
        _places = [.. Enumerable.Range(0, places).Select(place => new TensorBuffer(spec, batch, _memory, place, _device))];
    }

    /// <summary>T.</summary>
    public int Length { get; }

    /// <summary>Bytes it takes in the host's memory, and as many on a device.</summary>
    public long Bytes => _memory.Length;

    /// <summary>Whether every step has a place of its own.</summary>
    public bool HasEveryStep => _places.Length == Length;

    /// <summary>Whether all steps are one and the same.</summary>
    public bool IsConstant => _places.Length == 1 && Length > 1;

    /// <summary>Whether two places are used in turn.</summary>
    public bool IsInTurn => !HasEveryStep && !IsConstant;

    /// <summary>Whether <see cref="Rows"/> can span steps.</summary>
    public bool IsOnePiece => HasEveryStep && _device is null or { IsOnePiece: true };

    /// <summary>The tensor at step 0.</summary>
    public TensorBuffer First => _places[0];

    /// <summary>The tensor at a step.</summary>
    public TensorBuffer this[int step] => HasEveryStep ? _places[step] : IsConstant ? _places[0]
        : throw new InvalidOperationException($"Only the last step of '{_spec.Name}' is kept: ask for it by its turn.");

    /// <summary>The tensor at a step, or where it was put: in the place of a turn, if two are used in turn.</summary>
    public TensorBuffer At(int step, int turn) => IsInTurn ? _places[turn & 1] : this[step];

    /// <summary>Rows [start, start + count) of the T * B; lives as long as this.</summary>
    public TensorView Rows(long start, int count)
    {
        if (!HasEveryStep)
            throw new InvalidOperationException($"'{_spec.Name}' has not a place for every step: it has no rows of them.");
        if (_device is not null)
        {
            int first = (int)(start / _batch), last = (int)((start + count - 1) / _batch);
            return new(_device.View(start, count), _places[first..(last + 1)]);
        }
        OrtValue view = TensorBuffer.Wrap(_spec, _memory, start * _spec.RowSize * Tensors.SizeOf(_spec.Dtype), count);
        _views.Add(view);
        return new(view, []);
    }

    public void Dispose()
    {
        foreach (OrtValue view in _views)
            view.Dispose();
        foreach (TensorBuffer place in _places)
            place.Dispose();
        _memory.Dispose();
    }
}
