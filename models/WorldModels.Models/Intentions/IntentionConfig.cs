namespace WorldModels.Models;

/// <summary>Layers that all tasks share, and those that each task has for itself.</summary>
/// <param name="Trunk">Units of each shared layer.</param>
/// <param name="Head">Units of each hidden layer of a task's head.</param>
public sealed record TrunkConfig(IReadOnlyList<int> Trunk, IReadOnlyList<int> Head);

/// <summary>Sizes of the networks of several tasks, "intentions" (Riedmiller et al. 2018, section 4 and figure 1).</summary>
public sealed record IntentionConfig
{
    /// <summary>Numbers in an observation (O).</summary>
    public required int Observation { get; init; }

    /// <summary>Size of the action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>Whether the vector is one-hot.</summary>
    public bool Discrete { get; init; }

    /// <summary>How many tasks (K).</summary>
    public required int Tasks { get; init; }

    /// <summary>The policies' layers.</summary>
    public TrunkConfig Actor { get; init; } = new([200, 200], [100]);

    /// <summary>The critics' layers.</summary>
    public TrunkConfig Critic { get; init; } = new([400, 400], [200]);

    /// <summary>Whether the first shared layer is normalised.</summary>
    public bool LayerNorm { get; init; } = true;
}
