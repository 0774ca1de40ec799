using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A tensor a module learns.</summary>
    public class Parameter : Tensor
    {
        /// <summary>Takes the data over: the tensor given is used up.</summary>
        public Parameter(Tensor data, bool requires_grad = true) : base(data) => this.requires_grad = requires_grad;
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
