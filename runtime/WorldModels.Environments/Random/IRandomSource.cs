namespace WorldModels.Environments;

/// <summary>The two draws a simulator may make. Tests inject recorded draws through it.</summary>
public interface IRandomSource
{
    /// <summary>A uniform integer in [0, <paramref name="n"/>).</summary>
    int Int(int n);

    /// <summary>A uniform real in [0, 1).</summary>
    double Uniform();
}
