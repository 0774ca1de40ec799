namespace WorldModels.Environments;

/// <summary>A task over a physics: how an episode starts, what is seen and what is rewarded. Holds no state of its own.</summary>
public interface IControlTask
{
    /// <summary>The registered name, for example <c>cartpole-swingup</c>.</summary>
    string Name { get; }

    /// <summary>What the elements of an observation are called, in their order.</summary>
    IReadOnlyList<string> ObservationNames { get; }

    /// <summary>Their units; "" for those that have none.</summary>
    IReadOnlyList<string> ObservationUnits { get; }

    /// <summary>Steps of the physics that one control step takes.</summary>
    int SubSteps { get; }

    /// <summary>
    /// Draws positions, velocities and the target of an episode's start; what it leaves is as after <see cref="IPhysics.Reset"/>.
    /// </summary>
    void Start(IPhysics physics, NumPyRandomState random);

    /// <summary>Writes what is seen of the present state.</summary>
    void Observe(IPhysics physics, Span<float> observation);

    /// <summary>Puts the physics where an observation has it; only its positions change.</summary>
    /// <returns>Whether an observation tells all positions; else nothing is changed.</returns>
    bool Place(IPhysics physics, ReadOnlySpan<float> observation) => false;

    /// <summary>The reward on arrival in the present state under the present control, in [0, 1].</summary>
    double Reward(IPhysics physics);
}
