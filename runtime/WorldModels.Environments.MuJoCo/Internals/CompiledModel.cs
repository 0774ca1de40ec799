using System.Reflection;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>One of our models, compiled, and what is looked up in it.</summary>
internal sealed class CompiledModel
{
    private const string Extension = ".xml";
    private const string TargetName = "target";

    private readonly MuJoCoLibrary _library;
    private readonly Dictionary<string, int> _bodies;
    private readonly Dictionary<string, (int Start, int Size)> _sensors;

    /// <param name="library">What compiles it.</param>
    /// <param name="name">The name of its file in Models.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public CompiledModel(MuJoCoLibrary library, string name) : this(library, name, Read(name)) { }

    /// <param name="library">What compiles it.</param>
    /// <param name="name">The name of its file in Models.</param>
    /// <param name="mjcf">That file, to which may have been added what the physics do not see.</param>
    public CompiledModel(MuJoCoLibrary library, string name, ReadOnlySpan<byte> mjcf)
    {
        (_library, Name, Handle) = (library, name, new(library, name, mjcf));
        GeomNames = Names(ObjectKind.Geom, Layout.GeomCount);
        SiteNames = Names(ObjectKind.Site, Layout.SiteCount);
        CameraNames = Names(ObjectKind.Camera, Layout.CameraCount);
        ActuatorNames = Names(ObjectKind.Actuator, Layout.ActuatorCount);
        BodyNames = Names(ObjectKind.Body, Layout.BodyCount);
        Joints = FindJoints();
        _bodies = BodyNames.Select((body, i) => (body, i)).ToDictionary(body => body.body, body => body.i);
        _sensors = FindSensors();
    }

    public string Name { get; }

    public ModelHandle Handle { get; }

    public string[] BodyNames { get; }

    public string[] GeomNames { get; }

    public string[] SiteNames { get; }

    public string[] CameraNames { get; }

    public string[] ActuatorNames { get; }

    public IEnumerable<string> SensorNames => _sensors.Keys;

    public Joint[] Joints { get; }

    /// <summary>The position of what is called "target" in its body, which tasks write; empty where there is none.</summary>
    public Span<double> Target
    {
        get
        {
            int geom = Array.IndexOf(GeomNames, TargetName), site = Array.IndexOf(SiteNames, TargetName);
            return geom >= 0 ? Handle.Array<double>(Layout.GeomPosition, 3 * GeomNames.Length).Slice(3 * geom, 3)
                : site >= 0 ? Handle.Array<double>(Layout.SitePosition, 3 * SiteNames.Length).Slice(3 * site, 3)
                : [];
        }
    }

    private ModelLayout Layout => _library.Layout.Model;

    public int Body(string name) => Find(_bodies, name, "body");

    public (int Start, int Size) Sensor(string name) => Find(_sensors, name, "sensor");

    /// <summary>Changes the damping of a joint of one velocity.</summary>
    public void SetDamping(string joint, double damping)
    {
        int velocity = Joints.Single(one => one.Name == joint).Velocity;
        Handle.Array<double>(Layout.Damping, velocity + 1)[velocity] = damping;
    }

    /// <summary>Changes how large a sphere is drawn.</summary>
    public void SetSiteRadius(string site, double radius) =>
        Handle.Array<double>(Layout.SiteSize, 3 * SiteNames.Length)[3 * Array.IndexOf(SiteNames, site)] = radius;

    /// <summary>Makes a site invisible.</summary>
    public void HideSite(string site) =>
        Handle.Array<float>(Layout.SiteColor, 4 * SiteNames.Length)[4 * Array.IndexOf(SiteNames, site) + 3] = 0;

    /// <summary>The names of the models that there are.</summary>
    private static IEnumerable<string> Known =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Select(file => Path.GetFileNameWithoutExtension(file));

    /// <summary>The file of a model.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static byte[] Read(string name)
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream(name + Extension)
            ?? throw new ArgumentException(
                $"There is no model '{name}'{EditDistance.Suggest(name, Known)} Known: {string.Join(", ", Known.Order())}.");
        byte[] mjcf = new byte[file.Length];
        file.ReadExactly(mjcf);
        return mjcf;
    }

    private string[] Names(ObjectKind kind, int count) => _library.Names(Handle.Address, kind, Handle.Integer(count));

    private Joint[] FindJoints()
    {
        string[] names = Names(ObjectKind.Joint, Layout.JointCount);
        Joint[] joints = new Joint[names.Length];
        for (int i = 0; i < joints.Length; i++)
        {
            Span<double> range = Handle.Array<double>(Layout.JointRange, 2 * joints.Length).Slice(2 * i, 2);
            joints[i] = new(
                names[i],
                (JointKind)Handle.Array<int>(Layout.JointType, joints.Length)[i],
                Handle.Array<byte>(Layout.JointLimited, joints.Length)[i] != 0 ? (range[0], range[1]) : null,
                Handle.Array<int>(Layout.JointPositionAddress, joints.Length)[i],
                Handle.Array<int>(Layout.JointVelocityAddress, joints.Length)[i]);
        }
        return joints;
    }

    private Dictionary<string, (int Start, int Size)> FindSensors()
    {
        string[] names = Names(ObjectKind.Sensor, Layout.SensorCount);
        Dictionary<string, (int Start, int Size)> sensors = [];
        for (int i = 0; i < names.Length; i++)
        {
            int start = Handle.Array<int>(Layout.SensorAddress, names.Length)[i];
            sensors.Add(names[i], (start, Handle.Array<int>(Layout.SensorDimension, names.Length)[i]));
        }
        return sensors;
    }

    private TFound Find<TFound>(Dictionary<string, TFound> known, string name, string kind) => known.TryGetValue(name, out TFound? found)
        ? found
        : throw new ArgumentException($"The model '{Name}' has no {kind} '{name}'; it has {string.Join(", ", known.Keys)}.");
}

/// <summary>A joint of a model.</summary>
/// <param name="Name">What the model calls it.</param>
/// <param name="Kind">How it moves.</param>
/// <param name="Limits">Least and greatest position; null where it has no limits.</param>
/// <param name="Position">Index of its first position.</param>
/// <param name="Velocity">Index of its first velocity.</param>
internal readonly record struct Joint(string Name, JointKind Kind, (double Low, double High)? Limits, int Position, int Velocity);

/// <summary>MuJoCo's mjtJoint; a free joint has a place and a quaternion, a ball a quaternion.</summary>
internal enum JointKind
{
    Free,
    Ball,
    Slide,
    Hinge,
}
