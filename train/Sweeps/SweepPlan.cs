using System.Security.Cryptography;
using System.Text;

namespace WorldModels.Train.Sweeps;

/// <summary>One run of a sweep.</summary>
/// <param name="Name">Name of its folder, which no other run of the sweep has.</param>
/// <param name="Values">The swept options' values by name.</param>
/// <param name="Options">All of its options.</param>
public sealed record SweepRun(string Name, IReadOnlyDictionary<string, string> Values, TrainOptions Options);

/// <summary>What a sweep trains: each combination of the swept options' values with each seed.</summary>
public sealed class SweepPlan
{
    private const string Env = "env", Seed = "seed";

    private SweepPlan(Algorithm algorithm, string preset, string[] swept, TrainOptions common, IReadOnlyList<SweepRun> runs) =>
        (Algorithm, Preset, Swept, Common, Runs) = (algorithm, preset, swept, common, runs);

    /// <summary>The algorithm.</summary>
    public Algorithm Algorithm { get; }

    /// <summary>The preset that the options begin with.</summary>
    public string Preset { get; }

    /// <summary>Names of the options that vary besides the seed.</summary>
    public IReadOnlyList<string> Swept { get; }

    /// <summary>The options without what varies: those of a run to which nothing of the sweep is applied.</summary>
    public TrainOptions Common { get; }

    /// <summary>The runs in the order in which they are trained: every combination with the first seed, then with the next one.</summary>
    public IReadOnlyList<SweepRun> Runs { get; }

    /// <summary>Where the sweep is kept unless the user says otherwise.</summary>
    public string DefaultPath => Path.Combine("runs", string.Join('-',
        [.. (string[])["sweep", Common.Env, Algorithm.Name, Preset], .. Swept]));

    /// <summary>Makes the options of every run, and so refuses what is wrong before the first one is begun.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="preset">Name of a preset.</param>
    /// <param name="environment">The environment; null: the preset's own, or what is swept.</param>
    /// <param name="assignments">Options that all runs have, each as <c>key=value</c>.</param>
    /// <param name="axes">The options that vary.</param>
    /// <param name="seeds">The seeds; at least one.</param>
    /// <exception cref="UserException">An option or a value is unknown or out of its range, or given in two places.</exception>
    public static SweepPlan Create(
        Algorithm algorithm, string preset, string? environment, IReadOnlyList<string> assignments, IReadOnlyList<SweepAxis> axes,
        IReadOnlyList<long> seeds)
    {
        TrainOptions common = algorithm.Resolve(preset, environment, seeds[0], assignments);
        // In an order of their own, so that the order on the command line is of no account.
        axes = [.. axes.Select(axis => axis with { Option = OptionText.NameOf(common, axis.Option) }).OrderBy(axis => axis.Option)];
        string[] swept = [.. axes.Select(axis => axis.Option)];
        string[] set = [.. assignments.Select(assignment => OptionText.NameOf(common, assignment.Split('=')[0].Trim()))];
        if (swept.Concat(set).Contains(Seed))
            throw new UserException("The seeds of a sweep are given by --seeds, such as --seeds 0,1,2 or 0-4.");
        if (swept.FirstOrDefault(option => swept.Count(other => other == option) > 1) is { } twice)
            throw new UserException($"{twice} is swept twice. Give all of its values in one place: --sweep {twice}=value,value ...");
        if (swept.FirstOrDefault(option => set.Contains(option) || (option == Env && environment is not null)) is { } both)
            throw new UserException($"{both} is both set and swept: leave one of them away.");
        List<SweepRun> runs = [];
        foreach (string[] values in Combinations(axes))
        {
            string[] assigned = [.. swept.Zip(values, (option, value) => $"{option}={value}")];
            // The environment decides on the preset's values, so that it is not merely set.
            int env = Array.IndexOf(swept, Env);
            TrainOptions options = algorithm.Resolve(
                preset, env < 0 ? environment : values[env], seeds[0], [.. assignments, .. assigned.Where((_, i) => i != env)]);
            IReadOnlyDictionary<string, string> described = OptionText.Describe(options);
            Dictionary<string, string> own = swept.ToDictionary(option => option, option => described[option]);
            foreach (long seed in seeds)
                runs.Add(new(NameOf(own, preset, seed), own, options with { Seed = seed }));
        }
        foreach (SweepRun run in runs)
            OptionText.Validate(run.Options);
        return new(algorithm, preset, swept, common,
            [.. runs.DistinctBy(run => run.Name).OrderBy(run => seeds.ToList().IndexOf(run.Options.Seed))]);
    }

    /// <summary>Reads seeds: numbers and ranges, such as <c>0,1,2</c>, <c>0-4</c> or <c>0-2,7</c>.</summary>
    /// <exception cref="UserException">It is not of this form.</exception>
    public static IReadOnlyList<long> ParseSeeds(string text)
    {
        const int Most = 1000;
        List<long> seeds = [];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Trim().Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], out int first) || !int.TryParse(ends[^1], out int last) || last < first)
                throw new UserException($"--seeds takes numbers and ranges, such as 0,1,2 or 0-4, not '{text}'.");
            if (seeds.Count + (long)last - first + 1 > Most)
                throw new UserException($"--seeds takes at most {Most} seeds; '{text}' are more.");
            for (long seed = first; seed <= last; seed++)
                seeds.Add(seed);
        }
        return [.. seeds.Distinct()];
    }

    private static IEnumerable<string[]> Combinations(IReadOnlyList<SweepAxis> axes)
    {
        IEnumerable<string[]> rows = [[]];
        foreach (SweepAxis axis in axes)
            rows = rows.SelectMany(row => axis.Values.Select(value => (string[])[.. row, value])).ToArray();
        return rows;
    }

    private static string NameOf(IReadOnlyDictionary<string, string> values, string preset, long seed)
    {
        string name = values.Count == 0 ? preset : string.Join(',', values.Select(pair => $"{pair.Key}={FileName(pair.Value)}"));
        return $"{name}-s{seed}";
    }

    /// <summary>A value as part of a file's name; where that loses something or becomes long, a hash tells values apart.</summary>
    private static string FileName(string value)
    {
        const int Longest = 40;
        string plain = value is ['[', .., ']'] ? value[1..^1].Replace("\"", "", StringComparison.Ordinal).Replace(',', '+') : value;
        string name = string.Concat(plain.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '_' ? c : '_'));
        if (name == plain && name.Length is > 0 and <= Longest)
            return name;
        return $"{name[..Math.Min(name.Length, Longest)]}~{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(value)))[..8]}";
    }
}
