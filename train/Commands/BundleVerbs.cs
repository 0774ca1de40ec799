using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Train;

[Verb("export", HelpText = "Export a run's last checkpoint as a bundle (evaluates it first).")]
public sealed class ExportVerb : Verb
{
    [Value(0, MetaName = "run", Required = true, HelpText = "Folder of a run.")]
    public string RunPath { get; set; } = "";

    [Option("output", HelpText = "Folder of the bundle (default: bundle inside the run).")]
    public string? Output { get; set; }

    [Option("population", HelpText = "Export the whole population of a run of worldmodels as one agent whose controllers are a setting of "
        + "each row (default output: population inside the run). It is not evaluated.")]
    public bool Population { get; set; }

    public override int Run(TextWriter output)
    {
        Session.ExportRun(RunPath, Output, Population, Progress.Create());
        return 0;
    }
}

[Verb("verify", HelpText = "Verify a bundle, against the checkpoint it came from if a run is given.")]
public sealed class VerifyExportVerb : Verb
{
    [Value(0, MetaName = "bundle", Required = true, HelpText = "Folder of a bundle.")]
    public string Bundle { get; set; } = "";

    [Option("run", HelpText = "Run folder: compare the bundle's weights with its checkpoint's, number by number.")]
    public string? RunPath { get; set; }

    public override int Run(TextWriter output)
    {
        VerificationReport report = BundleVerifier.Verify(Bundle);
        output.WriteLine(report);
        if (!report.Passed)
        {
            throw new UserException(
                $"{Bundle} does not answer as its reference does. Copy it again or export it again; "
                + "if it still differs, do not trust it here.");
        }

        if (RunPath is not null)
            output.WriteLine(CompareWeights(Bundle, RunPath));
        return 0;
    }

    private static string CompareWeights(string bundle, string run)
    {
        IReadOnlyDictionary<string, WeightArray> trained = Checkpoint.Read(Path.Combine(run, "checkpoint.safetensors")).Weights();
        string weights = Path.Combine(bundle, "weights.safetensors");
        if (!File.Exists(weights))
        {
            throw new UserException(
                $"{bundle} has no weights.safetensors to compare with the checkpoint in {run}. Export it again: train export {run}");
        }

        IReadOnlyDictionary<string, WeightArray> shipped = Safetensors.Read(weights).Weights();
        foreach ((string path, WeightArray weight) in shipped)
        {
            if (!trained.TryGetValue(path, out WeightArray? other) || !other.Shape.SequenceEqual(weight.Shape)
                || !other.Values.AsSpan().SequenceEqual(weight.Values))
            {
                throw new UserException(
                    $"{bundle} was not exported from the checkpoint in {run}: {path} differs. Export it again: train export {run}");
            }
        }

        if (shipped.Count == 0)
            throw new UserException($"{weights} holds no weights to compare. Export it again: train export {run}");
        return $"All {shipped.Count} weights equal the checkpoint in {run}.";
    }
}

[Verb("list", HelpText = "List algorithms with their presets, and environments.")]
public sealed class ListVerb : Verb
{
    public override int Run(TextWriter output)
    {
        output.WriteLine("Algorithms:");
        foreach (Algorithm algorithm in Algorithm.All)
            output.WriteLine($"  {algorithm.Name,-28} {algorithm.Summary} Presets: {string.Join(", ", algorithm.PresetNames)}.");
        output.WriteLine("Environments:");
        foreach (EnvironmentSpec environment in EnvironmentRegistry.All)
            output.WriteLine($"  {environment.Name,-28} {environment.Summary}");
        output.WriteLine("  Gymnasium's ids are taken for theirs as well (CartPole-v1), and the control suite's names as others write them");
        output.WriteLine("  (dm_control/walker-walk-v0, walker_walk, walker/walk, dmc_walker_walk).");
        return 0;
    }
}
