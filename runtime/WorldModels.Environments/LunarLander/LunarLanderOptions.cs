namespace WorldModels.Environments;

/// <summary>Which rules of Gymnasium's LunarLander hold.</summary>
public enum LunarLanderVersion
{
    /// <summary>Wind begins at a place that is drawn once for all episodes of a seed.</summary>
    V2,

    /// <summary>Wind begins at another place in each episode.</summary>
    V3,
}

/// <summary>What can be set of <see cref="LunarLanderEnvironment"/> and <see cref="ContinuousLunarLanderEnvironment"/>.</summary>
public sealed record LunarLanderOptions
{
    /// <summary>Vertical acceleration, between -12 and 0, both excluded.</summary>
    public double Gravity { get; init; } = -10;

    /// <summary>Wind pushes and twists the lander while no leg touches the ground.</summary>
    public bool Wind { get; init; }

    /// <summary>The greatest force of the wind; the original advises 0 to 20.</summary>
    public double WindPower { get; init; } = 15;

    /// <summary>The greatest torque of the wind; the original advises 0 to 2.</summary>
    public double TurbulencePower { get; init; } = 1.5;

    public LunarLanderVersion Version { get; init; } = LunarLanderVersion.V3;

    /// <exception cref="ArgumentOutOfRangeException">A value lies beyond what the environment allows.</exception>
    internal void Validate()
    {
        if (Gravity is not (> -12 and < 0))
            throw new ArgumentOutOfRangeException(nameof(Gravity), Gravity, "The lander's gravity must be between -12 and 0.");
        if (!double.IsFinite(WindPower))
            throw new ArgumentOutOfRangeException(nameof(WindPower), WindPower, "The power of the wind must be a finite number.");
        if (!double.IsFinite(TurbulencePower))
        {
            throw new ArgumentOutOfRangeException(
                nameof(TurbulencePower), TurbulencePower, "The power of the turbulence must be a finite number.");
        }
    }
}
