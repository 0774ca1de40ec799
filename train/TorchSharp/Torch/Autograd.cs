using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public static unsafe class autograd
    {
        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false,
                                    IList<Tensor>? inputs = null) => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false,
                                    IList<Tensor>? inputs = null) => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        /// <summary>Adds to the gradient of each leaf the roots were computed from.</summary>
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
                                    bool create_graph = false, IList<Tensor>? inputs = null)
        {
            nint[] roots = Handles(tensors), grads = Handles(grad_tensors), leaves = Handles(inputs);
            fixed (nint* r = roots, g = grads, l = leaves)
                Native.Check(Native.ts_backward(r, g, roots.Length, retain_graph ?? create_graph ? 1 : 0, create_graph
                    ? 1 : 0, l, leaves.Length));
            KeepAlive(tensors, grad_tensors, inputs);
        }

        /// <summary>The gradients of the outputs with respect to the inputs; null for an unused one.</summary>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
                                         bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] roots = Handles(outputs), grads = Handles(grad_outputs), leaves = Handles(inputs);
            NativeArg result;
            fixed (nint* r = roots, g = grads, l = leaves)
                Native.Check(Native.ts_autograd(r, g, roots.Length, l, leaves.Length, retain_graph || create_graph ? 1 : 0,
                                                create_graph ? 1 : 0, allow_unused ? 1 : 0, &result));
            KeepAlive(outputs, grad_outputs, inputs);
            return Unpack(result);
        }

        // An empty array is pinned as a null pointer.
        private static nint[] Handles(IList<Tensor>? tensors) => tensors is null ? [] : [.. tensors.Select(t => t.Handle)];

        private static void KeepAlive(params ReadOnlySpan<IList<Tensor>?> lists)
        {
            foreach (var list in lists)
                if (list is not null)
                    foreach (var tensor in list) GC.KeepAlive(tensor);
        }
    }

    public static bool is_grad_enabled() => Native.ts_grad_mode() != 0;

    /// <summary>Records nothing for gradients on this thread until it is disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    private sealed class GradMode : IDisposable
    {
        private readonly int previous = Native.ts_grad_mode();

        public GradMode(bool on) => Native.ts_set_grad_mode(on ? 1 : 0);

        public void Dispose() => Native.ts_set_grad_mode(previous);
    }
}
