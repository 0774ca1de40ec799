using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Train.Distillation;

/// <summary>
/// Distils a policy into trees by DAgger (Ross et al. 2011, algorithm 3.1): the student plays, the teacher says at each step what it would
/// have done there, and the student learns anew from all that was said. States count by how much the action matters (Bastani et al. 2018,
/// VIPER), where the teacher has values.
/// </summary>
public sealed class Dagger
{
    private const int JudgeSeed = 1_000_003, ControlSeed = 2_000_003;

    private readonly DistillOptions _options;
    private readonly Manifest _teacher;
    private readonly ForestBundle _bundle;
    private readonly ForestLearner _learner;

    /// <exception cref="UserException">The teacher has no policy, or options contradict it.</exception>
    public Dagger(DistillOptions options)
    {
        _options = options;
        _teacher = Manifest.Load(options.Teacher);
        if (_teacher.PolicyGraphs.Length == 0)
        {
            throw new UserException($"Bundle '{_teacher.Name}' has no policy to learn from: expected a graph act or control, found "
                + $"{string.Join(", ", _teacher.Graphs.Keys)}.");
        }
        if (_teacher.Observation.PictureShape is { } picture)
        {
            throw new UserException($"'{_teacher.Name}' observes pictures ({string.Join(", ", picture)}): trees split by numbers that have a "
                + "meaning each, which pixels have not. Distil a policy that observes numbers.");
        }
        Environment = options.Environment ?? _teacher.Environment;
        _bundle = new(_teacher, Environment, options);
        _learner = new(options);
    }

    /// <summary>The environment that is played.</summary>
    public string Environment { get; }

    /// <summary>Learns, judges, and writes a bundle.</summary>
    /// <param name="output">Its folder.</param>
    /// <param name="progress">Told of rounds and games.</param>
    /// <param name="stop">Stops between games; nothing is written then.</param>
    /// <returns>The bundle's figures; null if it was stopped.</returns>
    public IReadOnlyDictionary<string, double>? Run(string output, IProgressReport progress, CancellationToken stop)
    {
        DateTime begun = DateTime.UtcNow;
        using TemporaryFolder students = new();
        using ActionImportance? importance = ActionImportance.Open(_options.Teacher);
        progress.Say(importance is null
            ? "Every decision counts alike: the teacher's bundle has no world model with rewards and values."
            : "Decisions count by how much the action changes the value that the teacher's own world imagines.");
        Lessons lessons = new Lessons(_teacher.Observation.Size, _options.History, _teacher.Action);
        List<(LearnedForest Forest, string Student, double Return)> rounds = [];
        List<string> curve = [];
        string player = _options.Teacher;
        for (int round = 0; round <= _options.Rounds && !stop.IsCancellationRequested; round++)
        {
            // Play: the teacher at first, then the student of the round before. What it scores is also what that student is worth.
            PlayedEpisodes played = Play(player, _options.Episodes, _options.Seed + (ulong)(round * _options.Episodes));
            double mean = played.Returns.Average();
            if (round > 0)
            {
                rounds[^1] = rounds[^1] with { Return = mean };
                curve.Add(JsonSerializer.Serialize(
                    new Dictionary<string, double> { ["update"] = round, ["frames"] = lessons.Rows.Count, ["return"] = mean }));
            }
            progress.Say(FormattableString.Invariant(
                $"Round {round}: {(round == 0 ? "the teacher" : $"student {round}")} plays, return {mean:0.##}; agreement {Agreement(played)}."));
            if (round == _options.Rounds)
                break;

            // Aggregate: every state that was met, with the teacher's action there.
            for (int i = 0; i < played.Recorded.Count; i++)
                lessons.Add(played.Recorded[i], played.Others[i]);

            // Learn from all.
            float[] weights = importance?.Of([.. lessons.Rows.Select(Last)]) ?? [.. Enumerable.Repeat(1f, lessons.Rows.Count)];
            using (IProgressTask task = progress.Start($"round {round + 1}: growing trees on {lessons.Rows.Count:N0} decisions", 1))
            {
                LearnedForest forest = _learner.Learn(lessons, weights);
                player = students.Path($"student-{round + 1}");
                _bundle.Write(player, forest.Forest, Starts(lessons), training: null);
                rounds.Add((forest, player, double.NaN));
                task.Report(1, "");
            }
        }
        if (stop.IsCancellationRequested)
            return null;

        (LearnedForest best, string student, _) = rounds.MaxBy(round => round.Return);
        CheckAgainstLearner(best, student, lessons);
        string control = students.Path("control");
        _bundle.Write(control, _learner.Learn(lessons.Shuffled(_options.Seed + ControlSeed), Ones(lessons)).Forest, Starts(lessons), training: null);
        Dictionary<string, double> figures = Judge(student, control, progress);
        if (stop.IsCancellationRequested)
            return null;
        foreach ((string name, double value) in Sizes(best.Forest, lessons))
            figures[name] = value;
        foreach ((string name, double value) in DecisionTimes.Measure(_options.Teacher, student))
            figures[name] = value;
        TrainingSpec training = new TrainingSpec
        {
            Seed = (long)_options.Seed, Updates = _options.Rounds, Frames = lessons.Rows.Count,
            Seconds = (DateTime.UtcNow - begun).TotalSeconds, Config = Config(), Figures = figures,
        };
        BundleFolder.Replace(output, folder =>
        {
            File.WriteAllLines(Path.Combine(folder, "curve.jsonl"), curve);
            _bundle.Write(folder, best.Forest, Starts(lessons), training);
            VerificationReport report = BundleVerifier.Verify(folder);
            if (!report.Passed)
                throw new UserException($"The forest's graph does not give the same twice, nothing was shipped:\n{report}");
        });
        return figures;
    }

    private PlayedEpisodes Play(string player, int episodes, ulong seed) => PlayedEpisodes.Play(player, new()
    {
        Environment = Environment, Episodes = episodes, Recorded = episodes, Seed = seed, Greedy = true,
        Onlooker = new(), OnlookerBundle = _options.Teacher, OnlookerFollows = true,
    });

    /// <summary>Returns of teacher, student, random play and the control on the same games, none of which was learnt from.</summary>
    private Dictionary<string, double> Judge(string student, string control, IProgressReport progress)
    {
        Dictionary<string, double> figures = [];
        ulong seed = _options.Seed + JudgeSeed;
        using IProgressTask task = progress.Start("judging", 4);
        // The student's name is that of every bundle's own play in its card.
        (string Name, string Bundle, bool Random)[] players =
            [("teacher", _options.Teacher, false), ("greedy", student, false), ("random", student, true), ("shuffled", control, false)];
        for (int i = 0; i < players.Length; i++)
        {
            (string name, string bundle, bool random) = players[i];
            PlayedEpisodes played = PlayedEpisodes.Play(bundle, new()
            {
                Environment = Environment, Episodes = _options.EvaluationEpisodes, Seed = seed, Greedy = true, Random = random,
                Onlooker = name == "greedy" ? new() : null, OnlookerBundle = _options.Teacher, OnlookerFollows = true,
            });
            ReturnStatistics returns = ReturnStatistics.Of(played.Returns);
            figures[$"return_{name}_mean"] = returns.Mean;
            figures[$"return_{name}_sd"] = returns.Deviation;
            figures[$"return_{name}_ci95"] = returns.HalfWidth;
            if (played.Agreement is { } agreement)
            {
                if (agreement.Agreeing is { } same)
                    figures["agreement"] = (double)same / agreement.Decisions;
                else if (agreement.Error is { } error)
                    figures["action_error_deviations"] = error;
            }
            task.Report(i + 1, name);
        }
        figures["evaluation_episodes"] = _options.EvaluationEpisodes;
        double gain = figures["return_teacher_mean"] - figures["return_random_mean"];
        if (gain > 0)
            figures["share_of_gain"] = (figures["return_greedy_mean"] - figures["return_random_mean"]) / gain;
        return figures;
    }

    /// <summary>Refuses a graph that does not answer as ML.NET's own model does.</summary>
    private void CheckAgainstLearner(LearnedForest forest, string student, Lessons lessons)
    {
        const int Most = 1000;
        int stride = Math.Max(1, lessons.Rows.Count / Most);
        float[][] rows = [.. lessons.Rows.Where((_, i) => i % stride == 0)];
        float[][] expected = forest.Predict(rows);
        IReadOnlyList<float[]> found = ForestBundle.Answers(student, rows);
        for (int i = 0; i < rows.Length; i++)
        {
            for (int output = 0; output < expected[i].Length; output++)
            {
                float want = expected[i][output];
                if (_teacher.Action.Kind == ActionKind.Continuous)
                    want = Math.Clamp(want, (float)_teacher.Action.LowOf(output), (float)_teacher.Action.HighOf(output));
                if (Math.Abs(found[i][output] - want) > 1e-3 * Math.Max(1, Math.Abs(want)))
                {
                    throw new UserException($"The graph does not answer as ML.NET's model: {found[i][output]} in place of {want} for row {i}. "
                        + "Nothing was shipped.");
                }
            }
        }
    }

    private static IEnumerable<(string Name, double Value)> Sizes(Forest forest, Lessons lessons)
    {
        yield return ("decisions_learnt_from", lessons.Rows.Count);
        yield return ("trees", forest.Trees.Count);
        yield return ("branches", forest.Trees.Sum(tree => tree.Branches));
    }

    private Dictionary<string, string> Config() => new()
    {
        ["teacher"] = _teacher.Name,
        ["learner"] = ForestBundle.Names[_options.Learner],
        ["trees"] = $"{_options.Trees}",
        ["leaves"] = $"{_options.Leaves}",
        ["rounds"] = $"{_options.Rounds}",
        ["episodes"] = $"{_options.Episodes}",
        ["history"] = $"{_options.History}",
    };

    private float[] Last(float[] row) => row[^_teacher.Observation.Size..];

    private static float[] Ones(Lessons lessons) => [.. Enumerable.Repeat(1f, lessons.Rows.Count)];

    /// <summary>Observations (64, O), spread over all that were seen.</summary>
    private float[] Starts(Lessons lessons)
    {
        const int Count = 64;
        return [.. Enumerable.Range(0, Count).SelectMany(i => Last(lessons.Rows[(int)((long)i * lessons.Rows.Count / Count)]))];
    }

    private static string Agreement(PlayedEpisodes played) => played.Agreement switch
    {
        { Agreeing: { } same, Decisions: var all } => FormattableString.Invariant($"{100.0 * same / all:0.0} %"),
        { Error: { } error } => FormattableString.Invariant($"within {error:0.000} deviations"),
        _ => "not known",
    };
}
