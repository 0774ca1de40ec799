using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// Three tiny bundles, each a fresh copy in a temporary directory. The graphs and their reference outputs were written by ONNX's Python
/// package and numpy, so nothing here checks this library against itself.
/// grid: the state is the observation, categorical with Gumbel noise. latent: an RSSM in small, with fused graphs and weights in a
/// file of their own. reach: a stateless continuous policy.
/// </summary>
internal static class Fixtures
{
    public static string Golden => Path.Combine(TestContext.CurrentContext.TestDirectory, "Runtime", "golden");

    public static string Grid(Func<Manifest, Manifest>? change = null) => Make("grid", GridManifest(), change);

    public static string Latent(Func<Manifest, Manifest>? change = null) => Make("latent", LatentManifest(), change);

    public static string Reach(Func<Manifest, Manifest>? change = null) => Make("reach", ReachManifest(), change);

    /// <summary>Copies a fixture's files and writes its manifest, as it is after <paramref name="change"/>.</summary>
    private static string Make(string name, Manifest manifest, Func<Manifest, Manifest>? change)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-" + name).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Golden, name)))
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        manifest = manifest with { Files = Manifest.HashFiles(directory) };
        Write(directory, change is null ? manifest : change(manifest));
        return directory;
    }

    /// <summary>Writes a manifest without the checks of <see cref="Manifest.Save"/>.</summary>
    public static void Write(string directory, Manifest manifest) =>
        File.WriteAllText(Path.Combine(directory, Manifest.FileName), manifest.ToJson());

    public static Manifest WithGraph(this Manifest manifest, string name, Func<GraphSpec, GraphSpec> change)
    {
        Dictionary<string, GraphSpec> graphs = manifest.Graphs.ToDictionary(g => g.Key, g => g.Value);
        graphs[name] = change(graphs.GetValueOrDefault(name)!);
        return manifest with { Graphs = graphs };
    }

    public static Manifest Without(this Manifest manifest, params string[] graphs) => manifest with
    {
        Graphs = manifest.Graphs.Where(g => !graphs.Contains(g.Key)).ToDictionary(g => g.Key, g => g.Value),
        Files = manifest.Files.ToDictionary(f => f.Key, f => f.Value),
    };

    private static TensorSpec T(string name, TensorRole role, params Dim[] row) => new()
    {
        Name = name,
        Role = role,
        Shape = ["batch", .. row],
        Dtype = role == TensorRole.Action ? TensorType.Int64 : TensorType.Float32,
    };

    private static TensorSpec Noise(string name, NoiseKind kind, string? stream, params Dim[] row) =>
        T(name, TensorRole.Noise, row) with { Noise = kind, Stream = stream };

    private static TensorSpec State(string name, InitialState initial, params Dim[] row) =>
        T(name, TensorRole.State, row) with { Initial = initial };

    private static TensorSpec Next(string name, string feeds, params Dim[] row) => T(name, TensorRole.State, row) with { Feeds = feeds };

    private static GraphSpec G(string file, TensorSpec[] inputs, TensorSpec[] outputs) =>
        new() { File = file + ".onnx", Inputs = inputs, Outputs = outputs };

    private static Manifest GridManifest() => new()
    {
        Name = "grid",
        Algorithm = "test",
        Environment = "grid",
        Observation = new() { Shape = [2, 3] },
        Action = ActionSpec.Discrete(3),
        Parity = new() { Horizon = 5 },
        Graphs = new Dictionary<string, GraphSpec>
        {
            ["imagine"] = G("imagine",
                [State("frame", InitialState.Starts, 2, 3), T("action", TensorRole.Action), Noise("noise", NoiseKind.Gumbel, null, 2, 3)],
                [Next("next_frame", "frame", 2, 3), T("reward", TensorRole.Reward), T("continue", TensorRole.Continue),
                    T("logits", TensorRole.Logits, 2, 3)]),
        },
    };

    private static Manifest LatentManifest()
    {
        TensorSpec[] state = [State("h", InitialState.Zeros, 6), State("z", InitialState.Zeros, 3)];
        TensorSpec[] next = [Next("next_h", "h", 6), Next("next_z", "z", 3)];
        TensorSpec[] heads = [T("reward", TensorRole.Reward, 1), T("continue", TensorRole.Continue)];
        TensorSpec[] choice = [T("action", TensorRole.Action), T("logits", TensorRole.Logits, 4)];
        TensorSpec[] seen = [T("observation", TensorRole.Observation, 5), state[0], T("is_first", TensorRole.IsFirst)];
        return new()
        {
            Name = "latent",
            Algorithm = "test",
            Environment = "latent",
            Observation = new() { Shape = [5], Low = -3, High = 3 },
            Action = ActionSpec.Discrete(4),
            Parity = new() { Horizon = 5 },
            Training = new() { Seed = 3, Figures = new Dictionary<string, double> { ["return"] = 1.5 } },
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["observe"] = G("observe", [.. seen, T("action", TensorRole.Action), Noise("noise", NoiseKind.Gaussian, null, 3)], next),
                ["imagine"] = G("imagine", [.. state, T("action", TensorRole.Action), Noise("noise", NoiseKind.Gaussian, null, 3)],
                    [.. next, .. heads]),
                ["act"] = G("act", [.. state, Noise("noise", NoiseKind.Gumbel, null, 4)], choice),
                ["dream"] = G("dream",
                    [.. state, Noise("act_noise", NoiseKind.Gumbel, "act/noise", 4),
                        Noise("imagine_noise", NoiseKind.Gaussian, "imagine/noise", 3)],
                    [.. next, .. heads, .. choice]),
                ["control"] = G("control",
                    [.. seen, T("previous_action", TensorRole.Action), Noise("observe_noise", NoiseKind.Gaussian, "observe/noise", 3),
                        Noise("act_noise", NoiseKind.Gumbel, "act/noise", 4)],
                    [.. next, .. choice, T("value", TensorRole.Value)]),
                ["decode"] = G("decode", state, [T("observation", TensorRole.Observation, 5)]),
            },
        };
    }

    private static Manifest ReachManifest() => new()
    {
        Name = "reach",
        Algorithm = "test",
        Environment = "reach",
        Observation = new() { Shape = [3], Low = -1 },
        Action = ActionSpec.Continuous([2], -1, 1),
        Parity = new(),
        Graphs = new Dictionary<string, GraphSpec>
        {
            ["act"] = G("act", [T("observation", TensorRole.Observation, 3)],
                [T("action", TensorRole.Action, 2) with { Dtype = TensorType.Float32 }, T("value", TensorRole.Value, 1)]),
        },
    };
}
