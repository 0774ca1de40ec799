using TorchSharp;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// Covariance matrix adaptation (Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772, whose equation numbers stand beside
/// the lines), with weights of the better half alone. It minimises: <see cref="Ask"/> for a generation's candidates, <see cref="Tell"/>
/// what they cost. Candidates are a function of the seed, the generation and what was told, so that a search that was stored goes on as it
/// would have. Not thread-safe.
/// </summary>
public sealed class CmaEs : IDisposable
{
    private const double LeastSpread = 1e-12, WorstCondition = 1e14, LeastShare = 1e-16;

    private static readonly uint Stream = Philox.Stream("cma-es");

    private readonly CmaEsOptions _options;
    private readonly int _size;
    private readonly Queue<double> _best = [];          // of the last generations since the last restart
    private CmaEsRates _rates;
    private long _since;                                // generations since the last restart
    private long _decomposed;                           // of those, at the last eigendecomposition
    private Tensor _mean, _pathSigma, _pathC;           // (n)
    private Tensor _covariance;                         // (n, n), or its diagonal (n)
    private Tensor _basis;                              // its eigenvectors, (n, n) in columns; a separable one has the axes, and keeps none
    private Tensor _scales;                             // roots of its eigenvalues, (n)
    private Tensor? _steps;                             // of the candidates asked for, (lambda, n), in units of sigma

    /// <param name="options">How it searches.</param>
    /// <param name="mean">Where it begins, (n).</param>
    public CmaEs(CmaEsOptions options, ReadOnlySpan<double> mean)
    {
        if (mean.IsEmpty)
            throw new ArgumentException("There is nothing to search for: the mean has no numbers.", nameof(mean));
        if (!(options.Sigma > 0) || options.Population is < 0 or 1)
            throw new ArgumentException($"Expected a sigma above 0 and a population of 2 or more, or 0; found {options}.", nameof(options));
        (_options, _size) = (options, mean.Length);
        Population = options.Population == 0 ? 4 + (int)(3 * Math.Log(_size)) : options.Population;
        (_rates, Sigma) = (new(_size, Population, options.Form), options.Sigma);
        (_mean, _pathSigma, _pathC, _covariance, _basis, _scales) = Fresh(mean);
    }

    /// <summary>Candidates of a generation (lambda).</summary>
    public int Population { get; private set; }

    /// <summary>Step size.</summary>
    public double Sigma { get; private set; }

    /// <summary>Generations told of, over all restarts.</summary>
    public long Generation { get; private set; }

    /// <summary>Restarts so far.</summary>
    public int Restarts { get; private set; }

    /// <summary>The distribution's mean, (n): what is learnt.</summary>
    public double[] Mean => Numbers(_mean);

    /// <summary>Standard deviation of the candidates in each variable, (n).</summary>
    public double[] Spread
    {
        get
        {
            using DisposeScope scope = NewDisposeScope();
            return Numbers((IsFull ? _covariance.diagonal() : _covariance).sqrt() * Sigma);
        }
    }

    /// <summary>Condition number of the covariance: its largest eigenvalue over its smallest, at the last decomposition.</summary>
    public double Condition
    {
        get
        {
            using DisposeScope scope = NewDisposeScope();
            return Math.Pow(_scales.max().item<double>() / _scales.min().item<double>(), 2);
        }
    }

    /// <summary>
    /// Whether nothing is left to be found here (appendix B.3): candidates or what they cost no longer differ, or the covariance has become
    /// too flat to be computed with.
    /// </summary>
    public bool HasConverged
    {
        get
        {
            using DisposeScope scope = NewDisposeScope();
            return Sigma * _scales.max().item<double>() < LeastSpread * _options.Sigma
                || Condition > WorstCondition
                || (_best.Count >= Window && _best.Max() - _best.Min() < LeastSpread);
        }
    }

    /// <summary>Generations whose best costs no longer differ where the search has converged.</summary>
    private int Window => 10 + (int)Math.Ceiling(30.0 * _size / Population);

    private bool IsFull => _options.Form == CovarianceForm.Full;

    /// <summary>The candidates (lambda, n) of the next generation.</summary>
    public double[][] Ask()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] noise = new float[Population * _size];
        for (int row = 0; row < Population; row++)
            Philox.FillGaussian(new NoiseKey(_options.Seed, (uint)row, (uint)Generation, Stream), noise.AsSpan(row * _size, _size));
        Tensor z = tensor(noise, [Population, _size]).to(float64) * _scales;                        // (lambda, n)
        _steps?.Dispose();
        _steps = (IsFull ? z.mm(_basis.t()) : z).DetachFromDisposeScope();                          // y = B D z          (38, 39)
        double[] all = Numbers(_mean + Sigma * _steps);                                             // x = m + sigma y    (40)
        return [.. Enumerable.Range(0, Population).Select(row => all[(row * _size)..((row + 1) * _size)])];
    }

    /// <summary>Learns what the candidates asked for cost; of equal ones the first counts as better, and a NaN as worst.</summary>
    public void Tell(IReadOnlyList<double> costs)
    {
        if (_steps is null)
            throw new InvalidOperationException("Ask for candidates before telling what they cost.");
        if (costs.Count != Population)
            throw new ArgumentException($"Expected the costs of {Population} candidates, found {costs.Count}.", nameof(costs));
        using DisposeScope scope = NewDisposeScope();
        (CmaEsRates r, int n) = (_rates, _size);
        long[] order = [.. Enumerable.Range(0, Population).OrderBy(i => double.IsNaN(costs[i]) ? double.PositiveInfinity : costs[i])
            .Take(r.Weights.Length).Select(i => (long)i)];
        Tensor selected = _steps.index_select(0, tensor(order));                                    // (mu, n)
        Tensor weights = tensor(r.Weights).unsqueeze(1);                                            // (mu, 1)
        Tensor step = (weights * selected).sum(dim: 0L);                                                  // <y>                (41)
        Set(ref _mean, _mean + Sigma * step);                                                       //                    (42)
        Set(ref _pathSigma, (1 - r.CSigma) * _pathSigma + Math.Sqrt(r.CSigma * (2 - r.CSigma) * r.MuEff) * Whitened(step));    // (43)
        double norm = _pathSigma.norm().item<double>();
        double unbiased = norm / Math.Sqrt(1 - Math.Pow(1 - r.CSigma, 2 * (_since + 1)));
        double h = unbiased < (1.4 + 2.0 / (n + 1)) * r.ExpectedNorm ? 1 : 0;
        Set(ref _pathC, (1 - r.CC) * _pathC + h * Math.Sqrt(r.CC * (2 - r.CC) * r.MuEff) * step);   //                    (45)
        double kept = 1 - r.C1 - r.CMu + (1 - h) * r.C1 * r.CC * (2 - r.CC);
        Tensor rankOne = IsFull ? _pathC.unsqueeze(1) * _pathC : _pathC.square();
        Tensor rankMu = IsFull ? (weights * selected).t().mm(selected) : (weights * selected.square()).sum(dim: 0L);
        Set(ref _covariance, kept * _covariance + r.C1 * rankOne + r.CMu * rankMu);                 //                    (47)
        Sigma *= Math.Exp(Math.Min(1, r.CSigma / r.Damping * (norm / r.ExpectedNorm - 1)));         //                    (44)
        (Generation, _since) = (Generation + 1, _since + 1);
        Remember(costs.Where(cost => !double.IsNaN(cost)).DefaultIfEmpty(double.PositiveInfinity).Min());
        Decompose();
        _steps.Dispose();
        _steps = null;
    }

    /// <summary>
    /// Begins anew with twice the population (Auger and Hansen 2005), which sees farther over what is rugged.
    /// </summary>
    /// <param name="mean">Where it begins, (n).</param>
    public void Restart(ReadOnlySpan<double> mean)
    {
        if (mean.Length != _size)
            throw new ArgumentException($"Expected a mean of {_size} numbers, found {mean.Length}.", nameof(mean));
        Free();
        (Population, Restarts, Sigma) = (2 * Population, Restarts + 1, _options.Sigma);
        _rates = new(_size, Population, _options.Form);
        (_since, _decomposed) = (0, 0);
        _best.Clear();
        (_mean, _pathSigma, _pathC, _covariance, _basis, _scales) = Fresh(mean);
    }

    /// <summary>Writes all that the search depends on. Candidates that were asked for and not told of are asked for again.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (long number in new[] { Generation, Restarts, Population, _since, _decomposed, _best.Count })
            writer.Write(number);
        foreach (double number in _best.Append(Sigma).Concat(All.SelectMany(Numbers)))
            writer.Write(number);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote of a search of the same options and size.</summary>
    public void Restore(BinaryReader reader)
    {
        (Generation, Restarts, Population) = (reader.ReadInt64(), (int)reader.ReadInt64(), (int)reader.ReadInt64());
        (_since, _decomposed, long remembered) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        _rates = new(_size, Population, _options.Form);
        _best.Clear();
        for (long i = 0; i < remembered; i++)
            Remember(reader.ReadDouble());
        Sigma = reader.ReadDouble();
        using DisposeScope scope = NewDisposeScope();
        foreach (Tensor part in All)
        {
            double[] numbers = new double[part.numel()];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = reader.ReadDouble();
            part.copy_(tensor(numbers, part.shape));
        }
        _steps?.Dispose();
        _steps = null;
    }

    public void Dispose()
    {
        Free();
        _steps?.Dispose();
    }

    private Tensor[] All => [_mean, _pathSigma, _pathC, _covariance, _basis, _scales];

    private void Remember(double best)
    {
        _best.Enqueue(best);
        if (_best.Count > Window)
            _best.Dequeue();
    }

    /// <summary>C^(-1/2) y = B D^(-1) Bᵀ y.</summary>
    private Tensor Whitened(Tensor y) => IsFull ? _basis.mv(_basis.t().mv(y) / _scales) : y / _scales;

    /// <summary>Eigenvalues and eigenvectors, not at every generation where those are many (appendix B.2).</summary>
    private void Decompose()
    {
        if (!IsFull)
        {
            Set(ref _scales, _covariance.sqrt());
            return;
        }
        if (_since - _decomposed < 1 / (10 * _size * (_rates.C1 + _rates.CMu)))
            return;
        _decomposed = _since;
        (Tensor values, Tensor vectors) = linalg.eigh((_covariance + _covariance.t()) / 2);
        Set(ref _basis, vectors.contiguous());      // as it is when it was stored: products of other layouts round otherwise
        // Where rounding has left a direction nothing, a trace of it stays, or whitening would divide by zero.
        Set(ref _scales, values.clamp_min(LeastShare * values.max().item<double>()).sqrt());
    }

    private (Tensor Mean, Tensor PathSigma, Tensor PathC, Tensor Covariance, Tensor Basis, Tensor Scales) Fresh(
        ReadOnlySpan<double> mean) => (
        Kept(tensor(mean.ToArray())), Kept(zeros([_size], float64)), Kept(zeros([_size], float64)),
        Kept(IsFull ? eye(_size, dtype: float64) : ones([_size], float64)), Kept(IsFull ? eye(_size, dtype: float64) : zeros([0], float64)),
        Kept(ones([_size], float64)));

    private void Free()
    {
        foreach (Tensor part in All)
            part.Dispose();
    }

    private static Tensor Kept(Tensor value) => value.DetachFromDisposeScope();

    private static void Set(ref Tensor part, Tensor value)
    {
        part.Dispose();
        part = Kept(value);
    }

    private static double[] Numbers(Tensor value)
    {
        using Tensor flat = value.contiguous();
        return flat.data<double>().ToArray();
    }
}
