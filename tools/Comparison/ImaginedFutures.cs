namespace WorldModels.Tools;

/// <summary>What a model imagines from one frame, for each first action and some steps deep; beside it, what really happened.</summary>
public sealed record ImaginedFutures
{
    /// <summary>Steps of the real game before this frame.</summary>
    public required int Step { get; init; }

    /// <summary>How the real game stood, with what the agent thought of its frame.</summary>
    public required PlayStatus Status { get; init; }

    /// <summary>The frame that all futures start from.</summary>
    public required float[] Frame { get; init; }

    /// <summary>The action that was really taken.</summary>
    public required int Taken { get; init; }

    /// <summary>Imagined moves (depth), each for every first action.</summary>
    public required IReadOnlyList<IReadOnlyList<FutureMove>> Imagined { get; init; }

    /// <summary>The real moves that followed, at most as many as the depth: fewer where the episode ended.</summary>
    public required IReadOnlyList<FutureMove> Real { get; init; }
}

/// <summary>A move and the frame it led to.</summary>
/// <param name="Frame">The frame on arrival.</param>
/// <param name="Action">The action's number.</param>
/// <param name="Reward">The reward on arrival.</param>
/// <param name="Over">Whether the episode is over, here or before.</param>
public sealed record FutureMove(float[] Frame, int Action, double Reward, bool Over);
