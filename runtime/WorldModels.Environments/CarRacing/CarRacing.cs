namespace WorldModels.Environments;

/// <summary>The races by name.</summary>
public static class CarRacing
{
    /// <summary>Rows and columns of the picture that is observed.</summary>
    public const int PictureSize = 96;

    /// <summary>Rows of it that show the track; those below are the bar of indicators.</summary>
    internal const int SceneRows = 84;

    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        new EnvironmentSpec<float>(
            "car-racing",
            "Gymnasium's CarRacing-v3, drive round a track seen from above: (3, 96, 96) pixels, steering in -1..1, gas and brake in 0..1 "
                + "(below 0: none)",
            () => new CarRacingEnvironment(),
            count => new SyncVectorEnvironment<CarRacingEnvironment, float>(count, () => new()))
        {
            Aliases = ["CarRacing-v3"],
            ActionNames = ["steering", "gas", "brake"],
            Arrows = ArrowKeys.Of(across: 0) with { Up = new(1, ToHigh: true), Down = new(2, ToHigh: true) },
            SceneRows = SceneRows,
            TimeStep = CarRacingCar.TimeStep,
        },
        new EnvironmentSpec<long>(
            "car-racing-discrete",
            "The same with 5 actions",
            () => new DiscreteCarRacingEnvironment(),
            count => new SyncVectorEnvironment<DiscreteCarRacingEnvironment, long>(count, () => new()))
        {
            ActionNames = ["none", "right", "left", "gas", "brake"],
            SceneRows = SceneRows,
            TimeStep = CarRacingCar.TimeStep,
        },
    ];
}
