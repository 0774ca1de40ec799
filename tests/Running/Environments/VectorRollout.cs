using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>A vector environment with its buffers, played at random.</summary>
internal sealed class VectorRollout<TAction>(IVectorEnvironment<TAction> environment, Func<IRandomSource, Space, TAction> draw)
    where TAction : unmanaged
{
    private readonly Pcg64RandomSource _random = new(77);

    public IVectorEnvironment<TAction> Environment { get; } = environment;

    public int Size { get; } = environment.ObservationSpace.Size;

    public TAction[] Actions { get; } = new TAction[environment.Count * environment.ActionSpace.Size];

    public float[] Observations { get; } = new float[environment.Count * environment.ObservationSpace.Size];

    public float[] Rewards { get; } = new float[environment.Count];

    public bool[] Terminated { get; } = new bool[environment.Count];

    public bool[] Truncated { get; } = new bool[environment.Count];

    public ReadOnlySpan<float> Observation(int row) => Observations.AsSpan(row * Size, Size);

    public ReadOnlySpan<TAction> Action(int row) =>
        Actions.AsSpan(row * Environment.ActionSpace.Size, Environment.ActionSpace.Size);

    public void Reset(ulong seed) => Environment.Reset(seed, Observations);

    public void Draw()
    {
        foreach (ref TAction action in Actions.AsSpan())
            action = draw(_random, Environment.ActionSpace);
    }

    public void Step() => Environment.Step(Actions, Observations, Rewards, Terminated, Truncated);

    public byte[] Save()
    {
        using MemoryStream stream = new MemoryStream();
        using (BinaryWriter writer = new BinaryWriter(stream))
            ((IResumable)Environment).Save(writer);
        return stream.ToArray();
    }

    public void Restore(byte[] saved) => ((IResumable)Environment).Restore(new BinaryReader(new MemoryStream(saved)));
}
