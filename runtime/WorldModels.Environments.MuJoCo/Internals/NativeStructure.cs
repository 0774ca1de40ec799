using System.Runtime.InteropServices;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>A structure of MuJoCo's that is freed with its owner. Its spans are good while that is referenced.</summary>
internal abstract unsafe class NativeStructure(MuJoCoLibrary library) : SafeHandle(0, ownsHandle: true)
{
    /// <summary>Where it came from.</summary>
    protected MuJoCoLibrary Library { get; } = library;

    /// <summary>Its address.</summary>
    /// <exception cref="ObjectDisposedException">It is freed.</exception>
    public nint Address => IsClosed ? throw new ObjectDisposedException(nameof(MuJoCoPhysics)) : handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>A member that is an integer.</summary>
    public ref int Integer(int offset) => ref *(int*)(Address + offset);

    /// <summary>A member that is a real.</summary>
    public double Real(int offset) => *(double*)(Address + offset);

    /// <summary>A member that points to an array.</summary>
    public Span<T> Array<T>(int offset, int count) where T : unmanaged => new(*(T**)(Address + offset), count);
}

/// <summary>An mjModel.</summary>
internal sealed unsafe class ModelHandle : NativeStructure
{
    /// <summary>Compiles a model.</summary>
    /// <exception cref="MuJoCoException">The file has a mistake.</exception>
    public ModelHandle(MuJoCoLibrary library, string name, ReadOnlySpan<byte> mjcf) : base(library) =>
        handle = library.Compile(name, mjcf);

    protected override bool ReleaseHandle()
    {
        Library.DeleteModel(handle);
        return true;
    }
}

/// <summary>An mjData: the state of one system of a model, and what was computed of it.</summary>
internal sealed unsafe class DataHandle : NativeStructure
{
    private readonly long _bytes;

    public DataHandle(MuJoCoLibrary library, ModelHandle model) : base(library)
    {
        handle = library.MakeData(model.Address);
        DataLayout layout = library.Layout.Data;
        _bytes = Integer(layout.BufferBytes) + (long)sizeof(double) * Integer(layout.StackCount);
        GC.AddMemoryPressure(_bytes); // megabytes, of which the collector sees only this object
    }

    protected override bool ReleaseHandle()
    {
        Library.DeleteData(handle);
        GC.RemoveMemoryPressure(_bytes);
        return true;
    }
}
