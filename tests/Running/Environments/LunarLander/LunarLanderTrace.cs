using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>An episode recorded from Gymnasium's LunarLander, with its draws.</summary>
internal sealed class LunarLanderTrace
{
    private LunarLanderTrace(string file, JsonElement root)
    {
        (File, Root) = (file, root);
        JsonElement config = root.GetProperty("config");
        IsContinuous = config.GetProperty("continuous").GetBoolean();
        Options = new()
        {
            Gravity = config.GetProperty("gravity").GetDouble(),
            Wind = config.GetProperty("enable_wind").GetBoolean(),
            WindPower = config.GetProperty("wind_power").GetDouble(),
            TurbulencePower = config.GetProperty("turbulence_power").GetDouble(),
        };
    }

    public static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Order();

    public string File { get; }

    public JsonElement Root { get; }

    public LunarLanderOptions Options { get; }

    public bool IsContinuous { get; }

    /// <summary>The seed that the episode was reset by; null where its draws were set by hand.</summary>
    public ulong? Seed
    {
        get
        {
            string name = Path.GetFileNameWithoutExtension(File);
            int at = name.LastIndexOf("_seed", StringComparison.Ordinal);
            return at < 0 ? null : ulong.Parse(name[(at + 5)..]);
        }
    }

    public JsonElement.ArrayEnumerator Steps => Root.GetProperty("steps").EnumerateArray();

    private static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Environments", "golden", "lunarlander");

    public static LunarLanderTrace Read(string file) =>
        new(file, JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Folder, file))).RootElement);

    public static float[] Reals(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetSingle())];

    /// <summary>All draws of the episode in their order, as the rules ask for them.</summary>
    public RecordedLanderDraws Draws()
    {
        RecordedLanderDraws draws = new();
        JsonElement recorded = Root.GetProperty("draws");
        draws.Add(recorded.GetProperty("height"), 0, LunarLanderCraft.Height / 2);
        draws.Add(recorded.GetProperty("init_force"), -1000, 1000);
        if (Options.Wind)
        {
            draws.Add(recorded.GetProperty("wind_idx").GetInt32());
            draws.Add(recorded.GetProperty("torque_idx").GetInt32());
        }
        draws.Add(recorded.GetProperty("reset_u"), -1, 1);
        foreach (JsonElement step in Steps)
            draws.Add(step.GetProperty("u"), -1, 1);
        return draws;
    }

    /// <summary>What the engines do by a recorded action.</summary>
    public LunarLanderThrust Thrust(JsonElement action) => IsContinuous
        ? ContinuousLunarLanderEnvironment.ThrustOf(action[0].GetSingle(), action[1].GetSingle())
        : LunarLanderEnvironment.ThrustOf(action.GetInt32());
}

/// <summary>Plays recorded draws back; fails when the rules ask for one of another kind.</summary>
internal sealed class RecordedLanderDraws : IRandomSource
{
    private const int WindPlaces = 9999;

    private readonly Queue<Draw> _draws = new();

    public int Left => _draws.Count;

    /// <summary>The next draw, as it was recorded.</summary>
    public double Next => _draws.Peek().Value;

    public void Add(JsonElement values, double low, double high)
    {
        foreach (JsonElement value in values.EnumerateArray())
            _draws.Enqueue(new(value.GetDouble(), low, high, IsInteger: false));
    }

    public void Add(int place) => _draws.Enqueue(new(place, -WindPlaces, WindPlaces, IsInteger: true));

    public int Int(int n)
    {
        Draw draw = _draws.Dequeue();
        if (!draw.IsInteger || n != 2 * WindPlaces)
            throw new InvalidOperationException($"Recorded was {draw}; the rules drew an integer below {n}.");
        return (int)(draw.Value - draw.Low);
    }

    public double Uniform()
    {
        Draw draw = _draws.Dequeue();
        if (draw.IsInteger)
            throw new InvalidOperationException($"Recorded was {draw}; the rules drew a uniform.");
        return (draw.Value - draw.Low) / (draw.High - draw.Low);
    }

    /// <summary>Draws the same from a stream, and compares.</summary>
    public void AssertDrawnBy(IRandomSource random)
    {
        for (int i = 0; _draws.TryDequeue(out Draw draw); i++)
        {
            double drawn = draw.IsInteger
                ? random.Int(2 * WindPlaces) + draw.Low : draw.Low + (draw.High - draw.Low) * random.Uniform();
            GoldenPosition.Same(drawn, draw.Value, $"draw {i}");
        }
    }

    private readonly record struct Draw(double Value, double Low, double High, bool IsInteger);
}
