using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What a policy does over two numbers of the observation, the others fixed; each as at the beginning of an episode.</summary>
internal sealed class PolicyPlane
{
    /// <summary>Points along each number.</summary>
    public const int Points = 81;

    private const int Games = 4, Steps = 200;

    private PolicyPlane(int x, int y, (double, double) horizontal, (double, double) vertical, float[] others) =>
        (X, Y, Horizontal, Vertical, Others) = (x, y, horizontal, vertical, others);

    /// <summary>The number along the horizontal axis.</summary>
    public int X { get; }

    /// <summary>The number along the vertical axis.</summary>
    public int Y { get; }

    /// <summary>Its lowest and highest value.</summary>
    public (double Low, double High) Horizontal { get; }

    /// <summary>The other's.</summary>
    public (double Low, double High) Vertical { get; }

    /// <summary>What the other numbers are: their medians in play.</summary>
    public float[] Others { get; }

    /// <summary>The plane of two numbers over what a policy meets when it plays.</summary>
    /// <param name="directory">The bundle of the policy that plays.</param>
    /// <param name="numbers">Two names or numbers, as in <c>"θ̇,cos θ"</c> or <c>"2,0"</c>.</param>
    /// <param name="environment">The environment; null: the bundle's.</param>
    /// <param name="seed">Determines the games.</param>
    public static PolicyPlane Of(string directory, string numbers, string? environment, ulong seed)
    {
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        if (manifest.Observation.PictureShape is not null)
            throw new BundleException($"'{manifest.Name}' observes pictures: --policy draws over two numbers of an observation.");
        string[] parts = numbers.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 2)
            throw new UsageException($"--policy takes two numbers of the observation, as in --policy 2,0; found '{numbers}'.");
        int[] chosen = [.. parts.Select(part => Number(manifest, part))];
        if (chosen[0] == chosen[1])
            throw new UsageException($"--policy takes two different numbers of the observation; found '{numbers}'.");
        float[][] seen = [.. Enumerable.Range(0, Games).SelectMany(game =>
        {
            using BundlePolicy policy = BundlePolicy.Open(directory, seed, greedy: true, new())
                ?? throw new BundleException($"Bundle '{directory}' has no policy to draw.");
            return RealEpisode.Play(environment ?? manifest.Environment, RealEpisodeOptions.For(manifest) with
            {
                Steps = Steps, Skip = 0, Seed = seed + (ulong)game, Policy = policy,
            }).Observations;
        })];
        float[] medians = [.. Enumerable.Range(0, manifest.Observation.Size).Select(i => seen.Select(row => row[i]).Order().ElementAt(seen.Length / 2))];
        return new(chosen[0], chosen[1], Range(chosen[0]), Range(chosen[1]), medians);

        (double, double) Range(int number)
        {
            (double low, double high) = (seen.Min(row => row[number]), seen.Max(row => row[number]));
            return low < high ? (low, high) : (low - 0.5, high + 0.5);
        }
    }

    /// <summary>The first number of a policy's action, or the number of a discrete one, at each point (Y, X), from the lowest.</summary>
    public double[,] Actions(string directory)
    {
        using Controller controller = Controller.Load(directory, new() { Batch = Points * Points, Deterministic = true });
        Manifest manifest = controller.Manifest;
        if (manifest.Observation.Size != Others.Length)
        {
            throw new BundleException($"Bundle '{manifest.Name}' sees {manifest.Observation.Size} numbers, the other {Others.Length}: give "
                + "policies of one environment.");
        }
        float[] observations = new float[Points * Points * Others.Length];
        for (int at = 0; at < Points * Points; at++)
        {
            Span<float> row = observations.AsSpan(at * Others.Length, Others.Length);
            Others.CopyTo(row);
            row[X] = (float)Along(Horizontal, at % Points);
            row[Y] = (float)Along(Vertical, at / Points);
        }
        double[,] actions = new double[Points, Points];
        int size = manifest.Action.Size;
        long[] numbers = new long[Points * Points];
        float[] values = new float[Points * Points * size];
        if (manifest.Action.Kind == ActionKind.Discrete)
            controller.Act(observations, numbers);
        else
            controller.Act(observations, values);
        for (int at = 0; at < Points * Points; at++)
            actions[at / Points, at % Points] = manifest.Action.Kind == ActionKind.Discrete ? numbers[at] : values[at * size];
        return actions;
    }

    private static double Along((double Low, double High) range, int point) => range.Low + (range.High - range.Low) * point / (Points - 1);

    private static int Number(Manifest manifest, string text)
    {
        IReadOnlyList<string> names = Pictures.SpaceNames.Of(manifest).Observations;
        int named = names.ToList().IndexOf(text);
        if (named >= 0)
            return named;
        return int.TryParse(text, out int number) && number >= 0 && number < names.Count ? number
            : throw new UsageException($"--policy: the observation has no number '{text}'{Names.Suggest(text, names)} It has "
                + $"{string.Join(", ", names.Select((name, i) => $"{i} ({name})"))}.");
    }
}
