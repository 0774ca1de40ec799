namespace WorldModels.Train.Distillation;

/// <summary>Which of ML.NET's learners grows the trees.</summary>
public enum TreeLearner
{
    /// <summary>Many trees, each of a sample of the rows, whose mean counts (Breiman 2001).</summary>
    FastForest,

    /// <summary>Trees that each correct those before (Friedman 2001), in ML.NET's own form.</summary>
    FastTree,

    /// <summary>The same in LightGBM's form.</summary>
    LightGbm,
}

/// <summary>How a policy is distilled into trees.</summary>
public sealed record DistillOptions
{
    /// <summary>The teacher's bundle.</summary>
    public required string Teacher { get; init; }

    /// <summary>The environment; null: the one that the teacher was trained in.</summary>
    public string? Environment { get; init; }

    /// <summary>The learner.</summary>
    public TreeLearner Learner { get; init; } = TreeLearner.FastTree;

    /// <summary>Trees of each number of an action, or of each numbered action.</summary>
    public int Trees { get; init; } = 100;

    /// <summary>Most leaves of a tree.</summary>
    public int Leaves { get; init; } = 64;

    /// <summary>Rounds: in the first the teacher plays, then the student.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Episodes of a round.</summary>
    public int Episodes { get; init; } = 20;

    /// <summary>Observations that a decision looks at, the last one among them.</summary>
    public int History { get; init; } = 1;

    /// <summary>Episodes that teacher, student, random play and the control are judged by.</summary>
    public int EvaluationEpisodes { get; init; } = 100;

    /// <summary>Determines games, trees and the control.</summary>
    public ulong Seed { get; init; }
}
