namespace WorldModels.Environments;

/// <summary>A random stream that can be started anew and stored.</summary>
public interface ISeededRandomSource : IRandomSource, IResumable
{
    /// <summary>Restarts the stream.</summary>
    void Seed(ulong seed);
}
