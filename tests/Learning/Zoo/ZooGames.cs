using WorldModels.Bundles;
using WorldModels.Environments;
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
        if (manifest.Observation.Shape.Count > 1)
            return Evaluation.PlayRandom(manifest.Environment, episodes, seed).Mean;
        return AgentEnvironment.Make(manifest.Environment, episodes, ActionRepeat(manifest)).PlayRandom(episodes, seed).Mean;
    }

    private static IVectorEnvironment<TAction> Games<TAction>(Manifest manifest, int count) where TAction : unmanaged
    {
        int repeat = ActionRepeat(manifest);
        return repeat == 1
            ? EnvironmentRegistry.MakeVector<TAction>(manifest.Environment, count)
            : new SyncVectorEnvironment<ActionRepeat<TAction>, TAction>(
                count, () => new(EnvironmentRegistry.Make<TAction>(manifest.Environment), repeat));
    }

    private static int ActionRepeat(Manifest manifest) => manifest.ActionRepeat ?? 1;
}
