using WorldModels.Environments;
using WorldModels.Runtime;

if (args.Length != 1)
{
    Console.Error.WriteLine("Give the folder of a bundle: dotnet run -- path/to/my-agent");
    return 1;
}
try
{
    using WorldModel world = WorldModel.Load(args[0]);
    Console.WriteLine($"{world.Manifest.Name} on {world.ProviderReport}");

    if (world.Manifest.Action.Kind == WorldModels.Bundles.ActionKind.Continuous)
    {
        // A controller in the game that it was trained on. In your own app: your observation, your action.
        using Controller controller = world.Controller(new() { Batch = 1, Deterministic = true });
        IEnvironment<float> game = new ActionRepeat<float>(
            EnvironmentRegistry.Make<float>(world.Manifest.Environment), world.Manifest.ActionRepeat ?? 1);
        float[] observation = new float[world.Manifest.Observation.Size], action = new float[world.Manifest.Action.Size];
        game.Reset(seed: 1, observation);
        double total = 0;
        for (bool over = false; !over;)
        {
            controller.Act(observation, action);
            StepResult step = game.Step(action, observation);
            (total, over) = (total + step.Reward, step.Done);
        }
        Console.WriteLine($"It plays an episode of {world.Manifest.Environment}: return {total:F1}");
    }

    using Dream dream = world.Dream(batch: 64, horizon: 15);
    DreamBatch imagined = dream.Run(seed: 7);
    double reward = 0;
    for (int t = 0; t < imagined.Horizon; t++)
        reward += imagined.Rewards(t).ToArray().Average();
    Console.WriteLine($"64 dreams of 15 steps: {reward:F2} imagined in the mean");
    return 0;
}
catch (Exception e) when (e is BundleException or ArgumentException) // a game that is not among ours, for one
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
