namespace WorldModels.Models;

/// <summary>
/// 3x3, 3x3, pool-and-inject, 1x1; reward and termination from two global maxima. 18,705 parameters with 32 filters, 7 pixel classes,
/// 10 rewards, one frame and no termination.
/// </summary>
internal sealed class CompactBody<T> : IEnvironmentModelBody<T> where T : ITensor<T>
{
    private const int Units = 64;   // of the layer that the outcome's heads share

    private readonly Conv2d<T> _first, _second, _merge, _pixels;
    private readonly Linear<T> _outcome, _reward;
    private readonly Linear<T>? _continue;

    public CompactBody(Parameters<T> p, EnvironmentModelConfig config)
    {
        int filters = config.Filters;
        _first = new(p["conv1"], 3 * config.Frames + config.Actions, filters, Window.Square(3, padding: 1));
        _second = new(p["conv2"], filters, filters, Window.Square(3, padding: 1));
        _merge = new(p["merge"], 2 * filters, filters, Window.Square(1));
        _pixels = new(p["pixels"], filters, config.PixelClasses, Window.Square(1));
        _outcome = new(p["outcome"], 2 * filters, Units);
        _reward = new(p["reward"], Units, config.Rewards.Count);
        _continue = config.Termination ? new(p["continue"], Units, 1) : null;
    }

    public Prediction<T> Predict(T x)
    {
        x = _first.Forward(x).Relu();                                           // (B, F, H, W)
        x = _second.Forward(x).Relu();                                          // (B, F, H, W)
        T near = PoolAndInject.Pool(x);                                         // (B, F, 1, 1)
        x = _merge.Forward(PoolAndInject.Inject(near, x)).Relu();               // (B, F, H, W)
        T far = PoolAndInject.Pool(x);                                          // (B, F, 1, 1)
        T outcome = _outcome.Forward(near.Concat(far, axis: 1).Reshape(Axis.Keep, Axis.Rest)).Relu();   // (B, 64)
        T? continueLogit = _continue is null ? default : _continue.Forward(outcome).Reshape(Axis.Keep);        // (B)
        return new(_pixels.Forward(x), _reward.Forward(outcome), continueLogit);
    }
}

/// <summary>
/// The body of Weber et al. 2017, appendix C, with the sizes of its public reimplementation, and with its strides or with far branches
/// that see every cell (<see cref="EnvironmentModelArchitecture.Fixed"/>).
/// </summary>
internal sealed class FaithfulBody<T> : IEnvironmentModelBody<T> where T : ITensor<T>
{
    private readonly Conv2d<T> _stem, _image, _pixels, _reward1, _reward2;
    private readonly BasicBlock<T> _block1, _block2;
    private readonly Linear<T> _reward;
    private readonly Linear<T>? _continue;

    public FaithfulBody(Parameters<T> p, EnvironmentModelConfig config)
    {
        int cells = config.Rows * config.Columns;
        _stem = new(p["stem"], 3 * config.Frames + config.Actions, 64, Window.Square(1));
        bool seesAll = config.Architecture == EnvironmentModelArchitecture.Fixed;
        _block1 = new(p["block1"], 64, 16, 32, 64, seesAll);
        _block2 = new(p["block2"], 128, 16, 32, 64, seesAll);
        _image = new(p["image"], 192, 256, Window.Square(1));
        _pixels = new(p["pixels"], 256, config.PixelClasses, Window.Square(1));
        _reward1 = new(p["reward1"], 192, 64, Window.Square(1));
        _reward2 = new(p["reward2"], 64, 64, Window.Square(1));
        _reward = new(p["reward"], 64 * cells, config.Rewards.Count);
        _continue = config.Termination ? new(p["continue"], 64 * cells, 1) : null;
    }

    public Prediction<T> Predict(T x)
    {
        x = _block2.Forward(_block1.Forward(_stem.Forward(x).Relu()));          // (B, 192, H, W)
        T pixels = _pixels.Forward(_image.Forward(x).Relu());                   // (B, classes, H, W)
        T outcome = _reward2.Forward(_reward1.Forward(x).Relu()).Relu().Reshape(Axis.Keep, Axis.Rest);  // (B, 64 H W)
        T? continueLogit = _continue is null ? default : _continue.Forward(outcome).Reshape(Axis.Keep);        // (B)
        return new(pixels, _reward.Forward(outcome), continueLogit);
    }
}

/// <summary>
/// The basic block of Weber et al. 2017: pool-and-inject, a branch that sees far and one that sees near, merged and concatenated with the
/// block's input. The published code's far branch reads every second cell only, and off centre; it is kept for comparison, beside one that
/// reads all cells up to four away.
/// </summary>
internal sealed class BasicBlock<T> where T : ITensor<T>
{
    private readonly Conv2d<T> _far1, _far2, _near1, _near2, _merge;

    public BasicBlock(Parameters<T> p, int channels, int far, int near, int merged, bool seesAll = false)
    {
        _far1 = new(p["far1"], 2 * channels, far, seesAll ? Window.Square(1) : Window.Square(1, 2, 6, 6));
        _far2 = new(p["far2"], far, far, seesAll ? Window.Square(9, padding: 4) : Window.Square(10, 1, 5, 6));
        _near1 = new(p["near1"], 2 * channels, near, Window.Square(1));
        _near2 = new(p["near2"], near, near, Window.Square(3, padding: 1));
        _merge = new(p["merge"], far + near, merged, Window.Square(1));
    }

    /// <summary>(B, channels, 15, 19) to (B, merged + channels, 15, 19).</summary>
    public T Forward(T input)
    {
        T x = PoolAndInject.Inject(PoolAndInject.Pool(input), input);           // (B, 2C, H, W)
        T far = _far2.Forward(_far1.Forward(x).Relu()).Relu();                  // (B, n1, H, W)
        T near = _near2.Forward(_near1.Forward(x).Relu()).Relu();               // (B, n2, H, W)
        return _merge.Forward(far.Concat(near, axis: 1)).Relu().Concat(input, axis: 1);
    }
}

/// <summary>Lets every cell see the largest activation anywhere on the map (Weber et al. 2017, appendix C).</summary>
internal static class PoolAndInject
{
    /// <summary>(B, C, H, W) to (B, C, 1, 1).</summary>
    public static T Pool<T>(T x) where T : ITensor<T> => x.Reduce(Reduction.Max, true, 2, 3);

    /// <summary>The pooled vector on every cell, before the map itself: (B, 2C, H, W).</summary>
    public static T Inject<T>(T pooled, T x) where T : ITensor<T> =>
        pooled.Expand(Axis.Keep, Axis.Keep, x.Size(2), x.Size(3)).Concat(x, axis: 1);
}
