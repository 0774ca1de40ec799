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

    /// <summary>Gated recurrent units over a sequence (T, B, I), or (B, T, I) batch first, in layers.</summary>
    public sealed class GRU : nn.Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly Layers layers;

        internal GRU(Layers layers) : base(nameof(GRU))
        {
            this.layers = layers;
            layers.Register(this, gates: 3);
        }

        /// <summary>The outputs of the last layer, and the last hidden state (layers * directions, B, H) of each.</summary>
        public override (Tensor, Tensor) forward(Tensor input, Tensor? h0 = null)
        {
            using var zero = h0 is null ? layers.Zero(input) : null;
            return Op.CallPair("aten::gru.input", input, h0 ?? zero, parameters().ToArray(), layers.Bias, layers.Count,
                layers.Dropout, training, layers.Bidirectional, layers.BatchFirst);
        }

        public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => forward(input, h0);

        public void flatten_parameters() { }                      // the weights are handed over as they are
    }

    /// <summary>Long short-term memories over a sequence (T, B, I), or (B, T, I) batch first, in layers.</summary>
    public sealed class LSTM : nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor, Tensor)>
    {
        private readonly Layers layers;

        internal LSTM(Layers layers) : base(nameof(LSTM))
        {
            this.layers = layers;
            layers.Register(this, gates: 4);
        }

        /// <summary>The outputs of the last layer, and the last hidden and cell states (layers * directions, B, H).</summary>
        public override (Tensor, Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0 = null)
        {
            using var zero = h0_c0 is null ? layers.Zero(input) : null;
            var (h, c) = h0_c0 ?? (zero!, zero!);
            return Op.CallTriple("aten::lstm.input", input, new[] { h, c }, parameters().ToArray(), layers.Bias, layers.Count,
                layers.Dropout, training, layers.Bidirectional, layers.BatchFirst);
        }

        public new (Tensor, Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => forward(input, h0_c0);

        public void flatten_parameters() { }
    }

    /// <summary>The shape of a recurrent network, and its parameters under PyTorch's names.</summary>
    internal sealed record Layers(long Inputs, long Hidden, long Count, bool Bias, bool BatchFirst, double Dropout, bool Bidirectional,
        Device? Device, ScalarType? Type)
    {
        private int Directions => Bidirectional ? 2 : 1;

        public void Register(nn.Module module, int gates)
        {
            for (int layer = 0; layer < Count; layer++)
                for (int direction = 0; direction < Directions; direction++)
                {
                    string suffix = $"_l{layer}{(direction == 0 ? "" : "_reverse")}";
                    long inputs = layer == 0 ? Inputs : Hidden * Directions;
                    module.register_parameter("weight_ih" + suffix, Make.Parameter([gates * Hidden, inputs], Device, Type));
                    module.register_parameter("weight_hh" + suffix, Make.Parameter([gates * Hidden, Hidden], Device, Type));
                    if (!Bias) continue;
                    module.register_parameter("bias_ih" + suffix, Make.Parameter([gates * Hidden], Device, Type));
                    module.register_parameter("bias_hh" + suffix, Make.Parameter([gates * Hidden], Device, Type));
                }
            Cells.Initialise(module, Hidden);
        }

        public Tensor Zero(Tensor input) => input.new_zeros(Count * Directions, input.size(BatchFirst ? 0 : 1), Hidden);
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

            public static GRU GRU(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false,
                double dropout = 0.0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new(new(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype));

            public static LSTM LSTM(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false,
                double dropout = 0.0, bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new(new(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype));

            public static LSTMCell LSTMCell(long inputSize, long hiddenSize, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, bias, device, dtype);
        }
    }
}
