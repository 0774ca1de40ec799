using System.ComponentModel.DataAnnotations;
using WorldModels.Environments;

namespace WorldModels.Train;

/// <summary>An option that a run keeps from its start to its end: its data and checkpoints fit no other value.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FixedAttribute : Attribute;

/// <summary>
/// An option that names files or folders. Folders move: a stage that goes on inside a run is not held to the place, and a bundle says the
/// last part of the path alone.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PlaceAttribute : Attribute;

/// <summary>What every algorithm can be told. Derived records hold an algorithm's hyperparameters, all in one place.</summary>
public abstract record TrainOptions
{
    /// <summary>Environment to learn in: its name here, whatever alias was given.</summary>
    [Fixed]
    public string Env { get; init => field = EnvironmentRegistry.OwnName(value); } = "minipacman";

    /// <summary>Seed of everything drawn: first weights, environments, batches, noise.</summary>
    [Fixed, Range(0, int.MaxValue)]
    public long Seed { get; init; }

    /// <summary>Optimiser steps of the whole run.</summary>
    [Range(1, 1_000_000_000)]
    public long Updates { get; init; } = 1000;

    /// <summary>Updates between two lines of metrics.</summary>
    [Range(1, 1_000_000)]
    public long LogEvery { get; init; } = 100;

    /// <summary>Updates between two checkpoints.</summary>
    [Range(1, 10_000_000)]
    public long CheckpointEvery { get; init; } = 1000;

    /// <summary>Episodes of the closing evaluation; 0 skips it.</summary>
    [Range(0, 100_000)]
    public int EvaluationEpisodes { get; init; } = 100;

    /// <summary>Threads inside libtorch's operations.</summary>
    [Range(1, 256)]
    public int Threads { get; init; } = 1;

    /// <summary>Whether CUDA may use TF32 in matrix products and convolutions: faster, about three decimal digits.</summary>
    public bool Tf32 { get; init; }

    /// <summary>Options that change nothing beside the others, each with what it is of: who sets one is told so.</summary>
    internal virtual IEnumerable<(string Option, string Of)> WithoutEffect => [];
}
