namespace WorldModels.MLNet.Internals;

/// <summary>Computes a bundle's columns block by block, in the order of the data; for one pass at a time.</summary>
internal abstract class BlockRunner : IDisposable
{
    /// <summary>Most rows of a block.</summary>
    public abstract int Capacity { get; }

    /// <summary>Whole episodes that a block is to have, where they fit; 0: it does not matter.</summary>
    public abstract int Episodes { get; }

    /// <summary>Starts a pass.</summary>
    public abstract void Begin();

    /// <summary>Fills the columns of the rows that are ready.</summary>
    public abstract void Run(Block block);

    public abstract void Dispose();
}
