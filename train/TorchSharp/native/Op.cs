using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Calls ATen operators by their full name, "aten::name.overload"; arguments left out take the schema's defaults.</summary>
internal static unsafe class Op
{
    // Names are literals of this assembly, so equal names are the same object and hashing the reference is enough.
    private static readonly ConcurrentDictionary<string, nint> Found = new(ReferenceEqualityComparer.Instance);

    /// <summary>Calls an operator for its effect: the aliases in-place operators return are dropped.</summary>
    public static void Run(string op, params ReadOnlySpan<Arg> args) => Invoke(op, args, null, 0);

    public static Tensor Call(string op, params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(op, args, &result, 1);
        return Wrap(result.Bits);
    }

    public static (Tensor, Tensor) CallPair(string op, params ReadOnlySpan<Arg> args)
    {
        NativeArg* r = stackalloc NativeArg[2];
        Invoke(op, args, r, 2);
        return (Wrap(r[0].Bits), Wrap(r[1].Bits));
    }

    public static (Tensor, Tensor, Tensor) CallTriple(string op, params ReadOnlySpan<Arg> args)
    {
        NativeArg* r = stackalloc NativeArg[3];
        Invoke(op, args, r, 3);
        return (Wrap(r[0].Bits), Wrap(r[1].Bits), Wrap(r[2].Bits));
    }

    public static Tensor[] CallList(string op, params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(op, args, &result, 1);
        return Unpack(result);
    }

    /// <summary>Calls an operator that answers with a number or a truth value.</summary>
    public static NativeArg CallValue(string op, params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(op, args, &result, 1);
        return result;
    }

    // An undefined tensor, which few operators return and only when asked to leave a result out, is null.
    private static Tensor Wrap(long handle) => handle == 0 ? null! : new Tensor((nint)handle);

    /// <summary>Takes over a list of tensors the shim allocated.</summary>
    public static Tensor[] Unpack(NativeArg list)
    {
        var handles = new ReadOnlySpan<nint>((void*)list.Bits, list.Count);
        var tensors = new Tensor[handles.Length];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = Wrap(handles[i]);
        Native.ts_free((void*)list.Bits);
        return tensors;
    }

    private static void Invoke(string op, ReadOnlySpan<Arg> args, NativeArg* results, int capacity)
    {
        nint handle = Found.TryGetValue(op, out var known) ? known : Find(op);
        int elements = 0;
        foreach (ref readonly var arg in args) elements += arg.Elements;
        Span<long> lists = elements <= 128 ? stackalloc long[128] : new long[elements];
        NativeArg* native = stackalloc NativeArg[args.Length];
        fixed (long* start = lists)
        {
            long* free = start;
            for (int i = 0; i < args.Length; i++) native[i] = args[i].Write(ref free);
            Native.Check(Native.ts_call(handle, native, args.Length, results, capacity));
        }
    }

    /// <summary>Looks an operator up; throws when this libtorch does not have it.</summary>
    public static nint Find(string op)
    {
        int dot = op.IndexOf('.');
        nint handle;
        Native.Check(Native.ts_op(dot < 0 ? op : op[..dot], dot < 0 ? "" : op[(dot + 1)..], &handle));
        return Found.GetOrAdd(op, handle);
    }
}
