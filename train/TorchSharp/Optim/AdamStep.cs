using static TorchSharp.Op;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// The step <see cref="Adam"/> and <see cref="AdamW"/> share (Kingma and Ba 2015, algorithm 1), for many parameters at once.
/// </summary>
internal static class AdamStep
{
    /// <summary>Updates the moments m and v by the gradients g, and the parameters p by the moments.</summary>
    /// <param name="p">Parameters, equally old: they share the bias correction.</param>
    /// <param name="g">Their gradients.</param>
    /// <param name="m">Running means of the gradients.</param>
    /// <param name="v">Running means of the squared gradients.</param>
    /// <param name="largest">The largest v so far, for AMSGrad (Reddi et al. 2018); null without.</param>
    /// <param name="step">How many steps this makes.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of m.</param>
    /// <param name="beta2">Decay of v.</param>
    /// <param name="eps">Added to the root of v.</param>
    public static void Apply(Tensor[] p, Tensor[] g, Tensor[] m, Tensor[] v, Tensor[]? largest, long step,
        double lr, double beta1, double beta2, double eps)
    {
        Run("aten::_foreach_mul_.Scalar", m, beta1);
        Run("aten::_foreach_add_.List", m, g, 1 - beta1);
        Run("aten::_foreach_mul_.Scalar", v, beta2);
        Run("aten::_foreach_addcmul_.Scalar", v, g, g, 1 - beta2);
        if (largest is not null)
            foreach (var (most, now) in largest.Zip(v)) Run("aten::maximum.out", most, now, most);
        var denominator = CallList("aten::_foreach_sqrt", largest ?? v);
        Run("aten::_foreach_div_.Scalar", denominator, Math.Sqrt(1 - Math.Pow(beta2, step)));
        Run("aten::_foreach_add_.Scalar", denominator, eps);
        Run("aten::_foreach_addcdiv_.Scalar", p, m, denominator, -lr / (1 - Math.Pow(beta1, step)));
    }
}
