using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Bundles;
using WorldModels.Environments;

namespace WorldModels.Tools;

/// <summary>What a page has to know besides its bundles, in its file <c>site.json</c>.</summary>
internal sealed record SiteDescription
{
    public const string FileName = "site.json";

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>A line below it.</summary>
    public required string About { get; init; }

    /// <summary>What is shown, and where it comes from.</summary>
    public required string Explanation { get; init; }

    /// <summary>The files of external data of each graph of the bundle in folder <c>bundle</c>.</summary>
    public required IReadOnlyDictionary<string, string[]> Bundle { get; init; }

    /// <summary>Whether there is a world model whose dreams can be seen.</summary>
    public bool Dreams { get; init; }

    /// <summary>Those of the world model in folder <c>model</c>; null: the bundle is the world model, or there is none.</summary>
    public IReadOnlyDictionary<string, string[]>? Model { get; init; }

    /// <summary>Channels, rows and columns of the picture that is observed; null: numbers are.</summary>
    public IReadOnlyList<int>? Picture { get; init; }

    /// <summary>The values of a picture shown black and bright.</summary>
    public required double[] Bounds { get; init; }

    /// <summary>The page's drawing of the numbers, see <see cref="DrawingOf"/>; null: bars.</summary>
    public string? Drawing { get; init; }

    /// <summary>What the numbers of an observation are called; empty where they are pixels.</summary>
    public required IReadOnlyList<string> ObservationNames { get; init; }

    /// <summary>What each numbered action is called or, of continuous ones, each number of an action.</summary>
    public required IReadOnlyList<string> ActionNames { get; init; }

    /// <summary>Whether actions are numbered.</summary>
    public bool Discrete { get; init; }

    /// <summary>What is done while nothing is pressed: a number of an action, or the numbers of one.</summary>
    public required object Rest { get; init; }

    /// <summary>What left, right, up and down push, where actions are continuous.</summary>
    public required IReadOnlyDictionary<string, SitePush> Arrows { get; init; }

    /// <summary>How long a step lasts; null where steps are not time.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>Observations that the model watches before it dreams beside the real game.</summary>
    public int Context { get; init; }

    /// <summary>The tasks of an agent of several; null: it has one.</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>Of the recorded game and the policy's draws in it. Text, as JavaScript's numbers do not hold every seed.</summary>
    public required string Seed { get; init; }

    /// <summary>Whether the policy took its likeliest action in the recorded game.</summary>
    public bool Greedy { get; init; }

    /// <summary>The recorded game.</summary>
    public required SiteRecording Recording { get; init; }

    /// <summary>As the page reads it.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SiteJson.Default.SiteDescription);

    /// <summary>How the page draws the numbers of an environment: it knows carts with a pole, and pendulums, by what is observed.</summary>
    public static string? DrawingOf(IReadOnlyList<string> observations) => string.Join(" ", observations) switch
    {
        "x cos θ sin θ ẋ θ̇" => "swingup",
        "x ẋ θ θ̇" => "balance",
        "cos θ sin θ θ̇" => "pendulum",
        _ => null,
    };

    /// <summary>What is done while nothing is pressed: the action that does nothing, if one is called so.</summary>
    public static object RestOf(ActionSpec space, IReadOnlyList<string> names) => space.Kind == ActionKind.Continuous
        ? PlayMove.Rest(space).As<float>()
        : Math.Max(0, names.ToList().FindIndex(name => name is "stay" or "none"));

    /// <summary>What arrow keys push, where actions are continuous.</summary>
    public static IReadOnlyDictionary<string, SitePush> ArrowsOf(ActionSpec space, ArrowKeys? arrows)
    {
        if (space.Kind == ActionKind.Discrete)
            return new Dictionary<string, SitePush>();
        arrows ??= ArrowKeys.Default(space.Size);
        return new Dictionary<string, ArrowPush?>
        {
            ["left"] = arrows.Left, ["right"] = arrows.Right, ["up"] = arrows.Up, ["down"] = arrows.Down,
        }.Where(arrow => arrow.Value is not null).ToDictionary(arrow => arrow.Key, arrow => Push(arrow.Value!.Value));

        SitePush Push(ArrowPush push) =>
            new(push.Number, push.ToHigh ? space.HighOf(push.Number) : space.LowOf(push.Number));
    }
}

/// <summary>A number of an action, and the bound that it is pushed to.</summary>
internal sealed record SitePush(int Number, double Value);

/// <summary>A recorded game of a page.</summary>
/// <param name="File">The npz file of its observations, actions and rewards.</param>
/// <param name="Sheet">Pictures of it, where observations are numbers that the page does not draw; null: none.</param>
internal sealed record SiteRecording(string File, SiteSheet? Sheet);

/// <summary>Frames of one size in rows, in one picture.</summary>
internal sealed record SiteSheet(string File, int Columns, int Width, int Height);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SiteDescription))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(int))]
internal sealed partial class SiteJson : JsonSerializerContext;
