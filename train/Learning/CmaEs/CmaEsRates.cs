namespace WorldModels.Train;

/// <summary>The constants of a <see cref="CmaEs"/> (Hansen's tutorial, table 1; of a separable one, Ros and Hansen 2008).</summary>
internal sealed record CmaEsRates
{
    public CmaEsRates(int size, int population, CovarianceForm form)
    {
        double n = size;
        double[] raw = [.. Enumerable.Range(1, population / 2).Select(i => Math.Log((population + 1) / 2.0) - Math.Log(i))];
        Weights = [.. raw.Select(weight => weight / raw.Sum())];
        MuEff = 1 / Weights.Sum(weight => weight * weight);
        CSigma = (MuEff + 2) / (n + MuEff + 5);
        Damping = 1 + 2 * Math.Max(0, Math.Sqrt((MuEff - 1) / (n + 1)) - 1) + CSigma;
        CC = (4 + MuEff / n) / (n + 4 + 2 * MuEff / n);
        double c1 = 2 / ((n + 1.3) * (n + 1.3) + MuEff);
        double cMu = Math.Min(1 - c1, 2 * (MuEff - 2 + 1 / MuEff) / ((n + 2) * (n + 2) + MuEff));
        // Fewer numbers are to be learnt of a diagonal: they may move faster.
        double faster = form == CovarianceForm.Separable ? Math.Min((n + 2) / 3, 1 / (c1 + cMu)) : 1;
        (C1, CMu) = (faster * c1, faster * cMu);
        ExpectedNorm = Math.Sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    }

    /// <summary>Weights of the better half, the best first; they sum to 1.</summary>
    public double[] Weights { get; }

    /// <summary>Candidates that the weights are worth.</summary>
    public double MuEff { get; }

    /// <summary>Share by which the step size's path forgets.</summary>
    public double CSigma { get; }

    /// <summary>Damping of the step size.</summary>
    public double Damping { get; }

    /// <summary>Share by which the covariance's path forgets.</summary>
    public double CC { get; }

    /// <summary>Share of the covariance that one step, the path, makes up.</summary>
    public double C1 { get; }

    /// <summary>Share of it that the selected candidates make up.</summary>
    public double CMu { get; }

    /// <summary>Expected length of a standard normal vector.</summary>
    public double ExpectedNorm { get; }
}
