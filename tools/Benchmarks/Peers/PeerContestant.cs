using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>A contestant in the PyTorch peer: what was opened there last.</summary>
internal sealed class PeerContestant(Measurement subject, GraphPeer peer) : Contestant(subject)
{
    public override bool IsPeer => true;

    public override void WarmUp(double seconds) => Run(seconds);

    public override Slice Run(double seconds)
    {
        (double[] calls, double cpu) = peer.Slice(Subject.Runner!, seconds);
        return new(calls, cpu, Bytes: null);
    }
}
