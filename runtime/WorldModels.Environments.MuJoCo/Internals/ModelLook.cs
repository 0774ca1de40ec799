using System.Numerics;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>What of dm_control's pictures is not in our models: the light, the camera that published agents see by, the cup's string.</summary>
/// <param name="Light">The light beside the one at the camera.</param>
internal sealed record ModelLook(Light Light)
{
    /// <summary>The cup's string.</summary>
    public static readonly Geom String = new(GeomType.Capsule, new(0.003f, 1, 0), SuiteLook.Decoration);

    private static readonly Light Sun = new(true, Vector3.Zero, -Vector3.UnitZ) { Diffuse = 0.6f };

    private static readonly Dictionary<string, ModelLook> Looks = new()
    {
        // Camera and light both follow the centre of mass: one stands where it stood beside the other.
        ["cheetah"] = new(Light.Above(0, 0, 2)) { FromCamera = new(0, 3, 2) },
        ["walker"] = new(Light.Above(0, 0, 2)) { FromCamera = new(0, 2, 1.3f) },
        ["hopper"] = new(Light.Above(0, 0, 2)) { FromCamera = new(0, 2.8f, 1.2f) },
        ["humanoid"] = new(Light.Above(0, 0, 7)) { FromCamera = new(3, 0, 6) },
        ["quadruped"] = new(Light.Above(0, 0, 4)) { FromCamera = new(0, -4, 2), Camera = 2 },
        ["finger"] = new(Sun),
        ["ball_in_cup"] = new(Sun) { StringBetween = ("ball", "string_end") },
        ["reacher"] = new(Light.Above(0, 0, 1)),
        ["pendulum"] = new(Light.Above(0, 0, 2)),
        ["cartpole"] = new(Light.Above(0, 0, 6)),
        ["acrobot"] = new(Light.Above(0, 0, 6)),
    };

    /// <summary>The camera of Dreamer's pictures.</summary>
    public int Camera { get; init; }

    /// <summary>Where the light is, seen from the camera, along the world's axes (m); null: it does not move.</summary>
    public Vector3? FromCamera { get; init; }

    /// <summary>The sites between which the string is.</summary>
    public (string From, string To)? StringBetween { get; init; }

    /// <summary>The look of a model.</summary>
    public static ModelLook Of(string model) => Looks[model];

    /// <summary>Whether there is a model of that name.</summary>
    public static bool IsKnown(string model) => Looks.ContainsKey(model);

    /// <summary>Whether a shape is the chequered floor.</summary>
    public static bool IsFloor(string geom) => geom is "floor" or "ground";
}
