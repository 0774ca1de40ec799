using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Environments as World Models sees them.</summary>
public static class VisibleEnvironment
{
    /// <summary>Rows of the environment of the options, pictures in place of its numbers where they ask for it.</summary>
    public static AgentEnvironment Make(WorldModelsOptions options, int rows) => AgentEnvironment.Make(
        options.Env, rows, actionRepeat: 1, options.EpisodeSteps,
        options.Pixels == 0 ? null : new PictureView(options.Pixels, Numbers: false), ownPictures: true);
}
