using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Runtime;
using WorldModels.Train;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Tests.Zoo;

/// <summary>Whole episodes with what a shipped bundle plays with: its policy, or planning in its world.</summary>
internal static class ZooGames
{
    /// <summary>Mean return; each row plays one episode, so that states never need a reset.</summary>
    public static double Play(string name, int episodes, ulong seed, bool greedy)
    {
        Manifest manifest = ZooFolder.Read(name);
        if (manifest.PolicyGraphs.Length == 0)
        {
            using Planner planner = Planner.Load(ZooFolder.Of(name), new() { Batch = episodes, Seed = seed, Deterministic = greedy });
            return Evaluation.Play(Games<float>(manifest, episodes), episodes, seed,
                (_, observations, _, actions) => planner.Act(observations, actions)).Mean;
        }
        using Controller controller = Controller.Load(ZooFolder.Of(name), new() { Batch = episodes, Seed = seed, Deterministic = greedy });
        return manifest.Action.Kind == ActionKind.Discrete
            ? Evaluation.Play(Games<long>(manifest, episodes), episodes, seed,
                (_, observations, _, actions) => controller.Act(observations, actions)).Mean
            : Evaluation.Play(Games<float>(manifest, episodes), episodes, seed,
                (_, observations, _, actions) => controller.Act(observations, actions)).Mean;
    }

    /// <summary>The same for uniformly random actions.</summary>
    public static double PlayRandom(string name, int episodes, ulong seed)
    {
        Manifest manifest = ZooFolder.Read(name);
        SkipWithout(manifest);
        if (manifest.Observation.Shape.Count > 1 && !IsDrawn(manifest))
            return Evaluation.PlayRandom(manifest.Environment, episodes, seed).Mean;
        return AgentEnvironment.Make(manifest.Environment, episodes, ActionRepeat(manifest), Limit(manifest), ownPictures: true)
            .PlayRandom(episodes, seed).Mean;
    }

    private static IVectorEnvironment<TAction> Games<TAction>(Manifest manifest, int count) where TAction : unmanaged
    {
        SkipWithout(manifest);
        int repeat = ActionRepeat(manifest);
        if (repeat == 1 && !IsDrawn(manifest))
            return EnvironmentRegistry.MakeVector<TAction>(manifest.Environment, count);
        return new SyncVectorEnvironment<IEnvironment<TAction>, TAction>(count, () =>
        {
            IEnvironment<TAction> game = EnvironmentRegistry.Make<TAction>(manifest.Environment);
            if (Limit(manifest) is { } limit)
                game = new TimeLimit<TAction>(game, limit);
            game = new ActionRepeat<TAction>(game, repeat);
            int size = manifest.Observation.Shape[^1];
            return !IsDrawn(manifest) ? game : game.ObservationSpace is Box { Shape.Length: 3 }
                ? new ResizedPicture<TAction>(game, size, EnvironmentRegistry.Find(manifest.Environment).SceneRows)
                : new PixelObservation<TAction>(game, size);
        });
    }

    /// <summary>Whether the bundle sees pictures other than those that the environment shows by itself.</summary>
    private static bool IsDrawn(Manifest manifest) => manifest.Observation.Shape.Count == 3
        && (manifest.Algorithm == "worldmodels" || manifest.Algorithm.StartsWith("dreamer", StringComparison.Ordinal));

    /// <summary>Steps after which it was judged, where episodes are longer.</summary>
    private static int? Limit(Manifest manifest) => manifest.Algorithm == "worldmodels"
        ? int.Parse(manifest.Training!.Config["episodeSteps"], CultureInfo.InvariantCulture) : null;

    private static void SkipWithout(Manifest manifest)
    {
        MuJoCoSuite.Register();
        if (MuJoCoSuite.Problem is { } problem && MuJoCoSuite.Specs.Any(spec => spec.Name == manifest.Environment))
            Assert.Ignore(problem);
    }

    private static int ActionRepeat(Manifest manifest) => manifest.ActionRepeat ?? 1;
}
