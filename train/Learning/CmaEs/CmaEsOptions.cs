namespace WorldModels.Train;

/// <summary>What a <see cref="CmaEs"/> learns of how its variables go together.</summary>
public enum CovarianceForm
{
    /// <summary>All covariances: n² numbers, and an eigendecomposition now and then.</summary>
    Full,

    /// <summary>Variances alone (Ros and Hansen 2008): n numbers, and slow where variables depend on one another.</summary>
    Separable,
}

/// <summary>How a <see cref="CmaEs"/> searches.</summary>
/// <param name="Sigma">First step size, of every variable.</param>
/// <param name="Population">Candidates of a generation; 0: 4 + 3 ln n.</param>
/// <param name="Form">What is learnt of the variables.</param>
/// <param name="Seed">Of all that is drawn.</param>
public sealed record CmaEsOptions(double Sigma, int Population = 0, CovarianceForm Form = CovarianceForm.Full, ulong Seed = 0);
