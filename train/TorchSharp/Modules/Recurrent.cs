using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>One step of a gated recurrent unit (Cho et al. 2014): (B, I), (B, H) to (B, H).</summary>
    public sealed class GRUCell : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly long hidden;

        internal GRUCell(long inputSize, long hiddenSize, bool bias, Device? device, ScalarType? dtype) : base(nameof(GRUCell))
        {
            hidden = hiddenSize;
            weight_ih = Make.Parameter([3 * hiddenSize, inputSize], device, dtype);
            weight_hh = Make.Parameter([3 * hiddenSize, hiddenSize], device, dtype);
            if (bias) (bias_ih, bias_hh) = (Make.Parameter([3 * hiddenSize], device, dtype),
                Make.Parameter([3 * hiddenSize], device, dtype));
            Cells.Initialise(this, hiddenSize);
        }

        public Parameter? weight_ih { get => Registered("weight_ih"); set => ConditionallyRegisterParameter("weight_ih", value); }
        public Parameter? weight_hh { get => Registered("weight_hh"); set => ConditionallyRegisterParameter("weight_hh", value); }
        public Parameter? bias_ih { get => Registered("bias_ih"); set => ConditionallyRegisterParameter("bias_ih", value); }
        public Parameter? bias_hh { get => Registered("bias_hh"); set => ConditionallyRegisterParameter("bias_hh", value); }

        /// <summary>The new hidden state; the state before is zero when none is given.</summary>
        public override Tensor forward(Tensor input, Tensor? h0 = null)
        {
            using var zero = h0 is null ? Cells.Zero(input, hidden) : null;
            return Op.Call("aten::gru_cell", input, h0 ?? zero, weight_ih, weight_hh, bias_ih, bias_hh);
        }
    }

    /// <summary>
    /// One step of a long short-term memory (Hochreiter and Schmidhuber 1997): (B, I), ((B, H), (B, H)) to ((B, H), (B, H)).
    /// </summary>
    public sealed class LSTMCell : nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor)>
    {
        private readonly long hidden;

        internal LSTMCell(long inputSize, long hiddenSize, bool bias, Device? device, ScalarType? dtype) : base(nameof(LSTMCell))
        {
            hidden = hiddenSize;
            weight_ih = Make.Parameter([4 * hiddenSize, inputSize], device, dtype);
            weight_hh = Make.Parameter([4 * hiddenSize, hiddenSize], device, dtype);
            if (bias) (bias_ih, bias_hh) = (Make.Parameter([4 * hiddenSize], device, dtype),
                Make.Parameter([4 * hiddenSize], device, dtype));
            Cells.Initialise(this, hiddenSize);
        }

        public Parameter? weight_ih { get => Registered("weight_ih"); set => ConditionallyRegisterParameter("weight_ih", value); }
        public Parameter? weight_hh { get => Registered("weight_hh"); set => ConditionallyRegisterParameter("weight_hh", value); }
        public Parameter? bias_ih { get => Registered("bias_ih"); set => ConditionallyRegisterParameter("bias_ih", value); }
        public Parameter? bias_hh { get => Registered("bias_hh"); set => ConditionallyRegisterParameter("bias_hh", value); }

        public override (Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0)
        {
            using var zero = h0_c0 is null ? Cells.Zero(input, hidden) : null;
            var (h, c) = h0_c0 ?? (zero!, zero!);
            return Op.CallPair("aten::lstm_cell", input, new[] { h, c }, weight_ih, weight_hh, bias_ih, bias_hh);
        }

        public new (Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => forward(input, h0_c0);
    }

    internal static class Cells
    {
        public static Tensor Zero(Tensor input, long hidden) => input.new_zeros([.. input.shape[..^1], hidden]);

        public static void Initialise(nn.Module cell, long hidden)
        {
            double bound = 1 / Math.Sqrt(hidden);
            foreach (var parameter in cell.parameters()) nn.init.uniform_(parameter, -bound, bound);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static GRUCell GRUCell(long inputSize, long hiddenSize, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, bias, device, dtype);

            public static LSTMCell LSTMCell(long inputSize, long hiddenSize, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, bias, device, dtype);
        }
    }
}
