using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// The device's side of a tensor at each of several steps, whose other side is in the host's memory. What one side wrote is copied when
/// the other reads it, together with neighbouring steps that have to be copied the same way: a trajectory in one piece goes in one copy.
/// </summary>
internal sealed class DeviceTensor
{
    /// <summary>Which side has the values; Zeros: nobody has written yet, the host's side is zeros.</summary>
    private enum Newer : byte { Neither, Host, Device, Zeros }

    private readonly DeviceMemory _memory;
    private readonly TensorSpec _spec;
    private readonly int _batch;
    private readonly NativeBlock _host;
    private readonly OrtValue[] _pieces; // one for all steps, or one a step
    private readonly Newer[] _newer;
    private readonly int?[] _filledWith;
    private readonly Dictionary<(int First, int Count), (OrtValue Host, OrtValue Device)> _copies = [];

    public DeviceTensor(DeviceMemory memory, TensorSpec spec, int batch, int steps, NativeBlock host)
    {
        (_memory, _spec, _batch, _host) = (memory, spec, batch, host);
        IsOnePiece = (long)TensorBuffer.BytesOf(spec, batch) * steps <= memory.LargestPiece;
        _pieces = IsOnePiece ? [memory.Allocate(spec, (long)batch * steps)]
            : [.. Enumerable.Range(0, steps).Select(_ => memory.Allocate(spec, batch))];
        _newer = new Newer[steps];
        _filledWith = new int?[steps];
        Array.Fill(_newer, Newer.Zeros);
        Array.Fill(_filledWith, 0);
    }

    /// <summary>Whether the steps follow each other in one piece of memory.</summary>
    public bool IsOnePiece { get; }

    /// <summary>Rows of the steps one after another. In pieces, they must begin where a step does, and end within it.</summary>
    public OrtValue View(long first, long rows)
    {
        if (IsOnePiece)
            return _memory.View(_pieces[0], _spec, first, rows);
        (long step, long row) = Math.DivRem(first, _batch);
        if (row != 0 || rows > _batch)
            throw new InvalidOperationException($"Rows {first} to {first + rows} of '{_spec.Name}' are not in one piece.");
        return rows == _batch ? _pieces[step] : _memory.View(_pieces[step], _spec, 0, rows);
    }

    /// <summary>Before the host reads a step.</summary>
    public void ToHost(int step)
    {
        if (_newer[step] == Newer.Device)
            Copy(step);
    }

    /// <summary>Before the device reads a step.</summary>
    public void ToDevice(int step)
    {
        if (_newer[step] is Newer.Host or Newer.Zeros)
            Copy(step);
    }

    /// <summary>After the device has written a step.</summary>
    public void DeviceWrote(int step) => (_newer[step], _filledWith[step]) = (Newer.Device, null);

    /// <summary>Before the host writes to a step: to all of it, or after <see cref="ToHost"/>.</summary>
    public void HostWrites(int step) => (_newer[step], _filledWith[step]) = (Newer.Host, null);

    /// <summary>Before the host fills a step with a number. False: it is filled with that already, nothing is to be done.</summary>
    public bool HostFills(int step, int number)
    {
        if (_filledWith[step] == number)
            return false;
        (_newer[step], _filledWith[step]) = (Newer.Host, number);
        return true;
    }

    /// <summary>Copies a step on the device, if its newest values are there.</summary>
    public bool TryCopy(int step, DeviceTensor to, int toStep)
    {
        if (_newer[step] is Newer.Host or Newer.Zeros)
            return false;
        _memory.Copy(_spec.Dtype, View((long)step * _batch, _batch), to.View((long)toStep * _batch, _batch));
        to.DeviceWrote(toStep);
        return true;
    }

    private void Copy(int step)
    {
        int first = step, count = 1;
        if (IsOnePiece && _newer[step] != Newer.Zeros)
        {
            while (first > 0 && _newer[first - 1] == _newer[step])
                first--;
            while (first + count < _newer.Length && _newer[first + count] == _newer[step])
                count++;
        }
        (OrtValue host, OrtValue device) = Sides(first, count);
        if (_newer[step] == Newer.Device)
            _memory.Copy(_spec.Dtype, device, host);
        else
            _memory.Copy(_spec.Dtype, host, device);
        Array.Fill(_newer, Newer.Neither, first, count);
    }

    private (OrtValue Host, OrtValue Device) Sides(int first, int count)
    {
        if (_copies.TryGetValue((first, count), out (OrtValue Host, OrtValue Device) known))
            return known;
        long rows = (long)count * _batch;
        OrtValue host = _memory.Host(_spec, _host.At((long)first * TensorBuffer.BytesOf(_spec, _batch)), rows);
        return _copies[(first, count)] = (host, View((long)first * _batch, rows));
    }
}
