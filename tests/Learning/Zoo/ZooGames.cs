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
        return AgentEnvironment.Make(manifest.Environment, episodes, ActionRepeat(manifest)).PlayRandom(episodes, seed).Mean;
    }

    private static IVectorEnvironment<TAction> Games<TAction>(Manifest manifest, int count) where TAction : unmanaged
    {
        SkipWithout(manifest);
        int repeat = ActionRepeat(manifest);
        if (repeat == 1 && !IsDrawn(manifest))
            return EnvironmentRegistry.MakeVector<TAction>(manifest.Environment, count);
        return new SyncVectorEnvironment<IEnvironment<TAction>, TAction>(count, () =>
        {
            IEnvironment<TAction> game = new ActionRepeat<TAction>(EnvironmentRegistry.Make<TAction>(manifest.Environment), repeat);
            return IsDrawn(manifest) ? new PixelObservation<TAction>(game, manifest.Observation.Shape[1]) : game;
        });
    }

    /// <summary>Whether the bundle sees pictures of an environment that observes numbers.</summary>
    private static bool IsDrawn(Manifest manifest) => manifest.Algorithm.StartsWith("dreamer", StringComparison.Ordinal)
        && manifest.Observation.Shape.Count == 3;

    private static void SkipWithout(Manifest manifest)
    {
        MuJoCoSuite.Register();
        if (MuJoCoSuite.Problem is { } problem && MuJoCoSuite.Specs.Any(spec => spec.Name == manifest.Environment))
            Assert.Ignore(problem);
    }

    private static int ActionRepeat(Manifest manifest) => manifest.ActionRepeat ?? 1;
}
