using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Groups of actuators from what they move (SD2; Wang et al. 2021): random actions, or recorded ones; how far each actuator
/// moves each number that is observed (<see cref="ActuatorEffects"/>); a tree of the actuators that move the same (<see
/// cref="ActuatorTree"/>).
/// </summary>
/// <param name="Source">What it was found from: environment, seed, steps, or a dataset.</param>
/// <param name="Actuators">What they are called.</param>
/// <param name="Effects">(A, O): how far each moves each number that is observed and changes.</param>
/// <param name="Tree">How they go together.</param>
public sealed record GroupDiscovery(
    DiscoverySource Source, IReadOnlyList<string> Actuators, IReadOnlyList<IReadOnlyList<double>> Effects, ActuatorTree Tree)
{
    /// <summary>The file in a run's folder that keeps it.</summary>
    public const string FileName = "groups.json";

    /// <summary>The picture of its tree.</summary>
    public const string PictureName = "groups.png";

    private const int Rows = 10;

    private const string BringBack = "Bring the file back, or start a new run with --run.";

    private static readonly uint RandomStream = Philox.Stream("group-discovery");

    private static readonly JsonSerializerOptions Json = new(OptionText.Json) { RespectRequiredConstructorParameters = true };

    /// <summary>
    /// The groups that a run's options ask for: those in its folder, if they are of the same episodes or task and threshold, and of as many
    /// steps where the user says how many, whichever seed drew them; or found now. A run that has a checkpoint has learnt with those in its
    /// folder, whatever they are of.
    /// </summary>
    /// <exception cref="UserException">Nothing can be found there, or a run that has a checkpoint has lost its groups.</exception>
    public static GroupDiscovery Of(ED2Options options, RunFolder? run, IProgressReport? progress = null)
    {
        if (run is null)
            return Find(options, run, progress);
        (GroupDiscovery? kept, string file, bool begun) = (Kept(run), run.File(FileName), File.Exists(run.CheckpointPath));
        if (kept is null && begun)
            throw new UserException($"{run.Path} has learnt with groups that were kept in {file}, which is gone. {BringBack}");
        if (kept is null)
            return Find(options, run, progress);
        if (begun || kept.Source.AsksAs(DiscoverySource.Of(options), options.StepsAreSet))
        {
            progress?.Say($"groups from {file} ({kept.Source.Drawn})");
            return kept;
        }
        progress?.Say($"{file} is of another task, data set, threshold or number of steps: groups are found anew.");
        File.Delete(file);      // whoever goes on with a run that was stopped meanwhile finds no others
        File.Delete(run.File(PictureName));
        return Find(options, run, progress);
    }

    /// <summary>Finds groups, and keeps them in the run's folder.</summary>
    /// <exception cref="UserException">Nothing can be found there.</exception>
    public static GroupDiscovery Find(ED2Options options, RunFolder? run, IProgressReport? progress = null)
    {
        DiscoverySource source = DiscoverySource.Of(options);
        GroupDiscovery found = options.Dataset.Length > 0 ? FromRecording(source, options, progress) : FromPlay(source, options, progress);
        if (run is null)
            return found;
        Disk.Write(run.File(FileName), JsonSerializer.Serialize(found, Json) + "\n");
        found.Picture().Save(run.File(PictureName));
        return found;
    }

    /// <summary>Writes the merges and the groups for people.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine(Source.ToString());
        TextTable.Write(output, ["merge", "relatedness"], [.. Tree.Merges.Select(merge => (string[])
            [$"{Named(merge.First)} + {Named(merge.Second)}", $"{merge.Relatedness:0.0000}"])]);
        if (Actuators.Count == 2)
        {
            output.WriteLine("Of two actuators the relatedness is their similarity less 1: a threshold of 0 divides them whatever they do, "
                + $"and cannot decide. Their similarity is {Tree.Similarities[0][1]:0.0000} (0: they move other numbers, 1: the same).");
        }
        output.WriteLine($"Groups of relatedness {Tree.Threshold:0.####} and more: groups={ActionGroups.Text(Tree.Groups)}");
        foreach (IReadOnlyList<int> group in Tree.Groups)
            output.WriteLine($"  {Named(group)}");
    }

    private string Named(IEnumerable<int> group) => $"{{{string.Join(", ", group.Select(actuator => Actuators[actuator]))}}}";

    private DendrogramPicture Picture() => new(
        $"Actuators that move the same: {Source.Name}", Actuators,
        [.. Tree.Merges.Select(merge => new Junction(merge.First, merge.Second, merge.Relatedness))], Tree.Threshold, "relatedness");

    /// <summary>Whether its groups are of its actuators, each in one.</summary>
    private bool IsWhole => Actuators.Count > 1 && Effects.Count == Actuators.Count && Tree.Groups.All(group => group is { Count: > 0 })
        && Tree.Groups.SelectMany(group => group).Order().SequenceEqual(Enumerable.Range(0, Actuators.Count));

    private static GroupDiscovery? Kept(RunFolder run)
    {
        string file = run.File(FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            GroupDiscovery? kept = JsonSerializer.Deserialize<GroupDiscovery>(File.ReadAllText(file), Json);
            return kept is { IsWhole: true } ? kept : throw new JsonException("Not every actuator is in one group.");
        }
        catch (JsonException exception)
        {
            throw new UserException($"{file} does not hold groups: {exception.Message} "
                + (File.Exists(run.CheckpointPath) ? BringBack : "Delete it to have them found anew."), exception);
        }
    }

    private static GroupDiscovery FromPlay(DiscoverySource source, ED2Options options, IProgressReport? progress)
    {
        // Numbers tell more than pictures of them, and single control steps more than repeated ones, in which what one actuator moves moves
        // the rest: whatever the model is to see and to do.
        AgentEnvironment environment = AgentEnvironment.Make(options.Env, Rows, actionRepeat: 1);
        ActionVectors actions = environment.Actions;
        ActionGroups.RequireActuators(actions.Discrete, actions.Size);
        int size = environment.Observation.Size;
        EpisodeRows rows = new(environment);
        ActuatorEffects effects = new(actions.Size, size);
        rows.Begin((ulong)options.Seed);
        float[] before = new float[rows.Observations.Length];
        using IProgressTask? task = progress?.Start("random actions", options.DiscoverySteps);
        for (long step = 0; effects.Steps < options.DiscoverySteps; step++)
        {
            rows.Observations.CopyTo(before, 0);
            for (int row = 0; row < Rows; row++)
                actions.Draw(new NoiseKey((ulong)options.Seed, (uint)row, (uint)step, RandomStream), rows.Of(rows.Vectors, row));
            rows.Step();
            for (int row = 0; row < Rows; row++)
                effects.Add(rows.Of(rows.Vectors, row), before.AsSpan(row * size, size), rows.Arrived(row));
            task?.Report(effects.Steps, "");
        }
        return Of(source, actions.Space.Names ?? Environments.EnvironmentRegistry.Find(options.Env).ActionNames, effects);
    }

    private static GroupDiscovery FromRecording(DiscoverySource source, ED2Options options, IProgressReport? progress)
    {
        Recording recording = Experience.Read(options, progress);
        ActionVectors actions = new(recording.Spec.Action);
        ActionGroups.RequireActuators(
            actions.Discrete, actions.Size, options.Groups == ActionGroups.Discovered ? "groups" : "parametersOf");
        int size = recording.Spec.Observation;
        ActuatorEffects effects = new(actions.Size, size);
        float[] action = new float[actions.Size], before = new float[size], after = new float[size];
        foreach (Episode episode in recording.Episodes)
        {
            episode.CopyObservation(0, after);
            for (int record = 1; record < episode.Records; record++)
            {
                (before, after) = (after, before);
                episode.CopyObservation(record, after);
                actions.Encode(episode, record, action);
                effects.Add(action, before, after);
            }
        }
        return Of(source, recording.Spec.Action.Names ?? [], effects);
    }

    private static GroupDiscovery Of(DiscoverySource source, IReadOnlyList<string> names, ActuatorEffects effects)
    {
        double[][] correlations = effects.Correlations();
        return new(
            source, names.Count == correlations.Length ? names : [.. correlations.Select((_, actuator) => $"actuator {actuator}")],
            correlations, ActuatorTree.Of(correlations, source.Threshold));
    }
}

/// <summary>What groups are found from.</summary>
/// <param name="Environment">The task.</param>
/// <param name="Dataset">Recorded episodes; empty: random play.</param>
/// <param name="Steps">Random actions.</param>
/// <param name="Seed">Draws them.</param>
/// <param name="Threshold">Relatedness below which groups stay apart.</param>
public sealed record DiscoverySource(string Environment, string Dataset, long Steps, long Seed, double Threshold)
{
    /// <summary>A short name of it.</summary>
    [JsonIgnore]
    public string Name => Dataset.Length > 0 ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Dataset)) : Environment;

    /// <summary>What drew them.</summary>
    [JsonIgnore]
    public string Drawn => Dataset.Length > 0 ? $"the episodes in {Dataset}" : $"{Steps} random actions, seed {Seed}";

    /// <summary>What a run's options ask for.</summary>
    public static DiscoverySource Of(ED2Options options) =>
        new(options.Env, options.Dataset, options.DiscoverySteps, options.Seed, options.DiscoveryThreshold);

    /// <summary>Whether both ask the same, whatever seed drew how many steps; or just so many, where steps count.</summary>
    public bool AsksAs(DiscoverySource other, bool stepsCount) =>
        this with { Steps = stepsCount ? Steps : other.Steps, Seed = other.Seed } == other;

    public override string ToString() => Dataset.Length > 0
        ? $"Groups of actuators from the episodes in {Dataset}"
        : $"Groups of actuators from {Steps} random actions in {Environment}, seed {Seed}";
}
