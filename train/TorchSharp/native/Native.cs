using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>The functions of native/shim.cpp. The first call finds, compiles and loads it (<see cref="Shim"/>).</summary>
internal static unsafe partial class Native
{
    private const string Library = "torch_shim";

    // What goes wrong while loading is thrown by the first call, not by this, where it would arrive wrapped.
    static Native() =>
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, (name, _, _) => name == Library ? Shim.Handle : 0);

    /// <summary>Turns a failure reported by the shim into the exception TorchSharp throws for libtorch's errors.</summary>
    public static void Check(int status)
    {
        if (status != 0) Throw();
    }

    private static void Throw() => throw new ExternalException((Marshal.PtrToStringUTF8((nint)ts_error()) ?? "").Trim());

    public static string Version => Marshal.PtrToStringUTF8((nint)ts_version()) ?? "";

    [LibraryImport(Library)] private static partial byte* ts_error();
    [LibraryImport(Library)] private static partial byte* ts_version();
    [LibraryImport(Library)] public static partial void ts_free(void* memory);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial int ts_op(string name, string overload,
        nint* op);
    [LibraryImport(Library)] public static partial int ts_call(nint op, NativeArg* args, int n, NativeArg* results, int capacity);

    [LibraryImport(Library)] public static partial void ts_release(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial int ts_dim(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial int ts_dtype(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial int ts_is(nint tensor, int what);
    [LibraryImport(Library), SuppressGCTransition] public static partial long ts_device(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial void ts_sizes(nint tensor, long* sizes, long* strides);
    [LibraryImport(Library)] public static partial int ts_data(nint tensor, void** data);

    [LibraryImport(Library)] public static partial int ts_set_requires_grad(nint tensor, int on);
    [LibraryImport(Library)] public static partial int ts_retain_grad(nint tensor);
    [LibraryImport(Library)] public static partial nint ts_grad(nint tensor);
    [LibraryImport(Library)] public static partial int ts_set_grad(nint tensor, nint grad);
    [LibraryImport(Library)]
    public static partial int ts_backward(nint* roots, nint* grads, int n, int retain, int create, nint* inputs, int nInputs);
    [LibraryImport(Library)]
    public static partial int ts_autograd(nint* outputs, nint* grads, int n, nint* inputs, int nInputs, int retain, int create,
                                          int allowUnused, NativeArg* results);
    [LibraryImport(Library)] public static partial int ts_grad_mode();
    [LibraryImport(Library)] public static partial void ts_set_grad_mode(int on);

    [LibraryImport(Library)] public static partial int ts_manual_seed(long seed);
    [LibraryImport(Library)] public static partial int ts_generator(long device, nint* generator);
    [LibraryImport(Library)] public static partial int ts_generator_new(long device, ulong seed, nint* generator);
    [LibraryImport(Library)] public static partial void ts_generator_release(nint generator);
    [LibraryImport(Library)] public static partial int ts_generator_seed(nint generator, int set, long* seed);
    [LibraryImport(Library)] public static partial int ts_generator_state(nint generator, nint* state, nint replacement);

    [LibraryImport(Library)] public static partial int ts_num_threads();
    [LibraryImport(Library)] public static partial int ts_set_num_threads(int n);
    [LibraryImport(Library)] public static partial int ts_cuda_count();
    [LibraryImport(Library)] public static partial int ts_cudnn();
    [LibraryImport(Library)] public static partial int ts_cuda_synchronize(long index);
    [LibraryImport(Library)] public static partial int ts_tf32(int cudnn);
    [LibraryImport(Library)] public static partial void ts_set_tf32(int cudnn, int on);
}

/// <summary>A value as it crosses the boundary; list elements take 8 bytes each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeArg
{
    public Tag Tag;
    public int Count;
    public long Bits;

    public readonly double Real => BitConverter.Int64BitsToDouble(Bits);
}

internal enum Tag { None, Tensor, Int, Double, Bool, Ints, Doubles, Tensors, String, Device, Generator }
