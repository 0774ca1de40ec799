namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>
/// Where the members of MuJoCo's structures lie that are read or written here, in bytes. The library has no functions for them, and they
/// move with nearly every release. For another version, print offsetof() of each member with that version's headers.
/// </summary>
internal sealed record MuJoCoLayout(ModelLayout Model, DataLayout Data, FileSystemLayout FileSystem)
{
    /// <summary>The layouts of the versions that are known, by mj_version().</summary>
    public static IReadOnlyDictionary<int, MuJoCoLayout> ByVersion { get; } = new Dictionary<int, MuJoCoLayout>
    {
        [222] = new(
            new()
            {
                PositionCount = 0,
                VelocityCount = 4,
                ActuatorCount = 8,
                ActivationCount = 12,
                BodyCount = 16,
                JointCount = 20,
                GeomCount = 24,
                SiteCount = 28,
                CameraCount = 32,
                SensorCount = 124,
                SensorDataCount = 224,
                TimeStep = 232,
                Integrator = 432,
                DisableFlags = 464,
                JointType = 1280,
                JointPositionAddress = 1288,
                JointVelocityAddress = 1296,
                JointLimited = 1320,
                JointRange = 1368,
                Damping = 1464,
                GeomType = 1488,
                GeomSize = 1592,
                GeomPosition = 1608,
                GeomColor = 1664,
                SiteType = 1672,
                SiteGroup = 1696,
                SiteSize = 1712,
                SitePosition = 1720,
                SiteColor = 1744,
                CameraFieldOfView = 1816,
                ControlRange = 2792,
                SensorDimension = 2920,
                SensorAddress = 2928,
            },
            new()
            {
                StackCount = 0,
                BufferBytes = 4,
                Warnings = 24,
                ContactCount = 40332,
                Positions = 40376,
                Velocities = 40384,
                Activations = 40392,
                WarmStart = 40400,
                Control = 40408,
                SensorData = 40472,
                BodyPosition = 40480,
                BodyOrientation = 40496,
                BodyCenter = 40504,
                GeomPosition = 40536,
                GeomOrientation = 40544,
                SitePosition = 40552,
                SiteOrientation = 40560,
                CameraPosition = 40568,
                CameraOrientation = 40576,
            },
            new() { Bytes = 2024008, Contents = 2008008 }),
    };
}

/// <summary>Members of mjModel.</summary>
internal sealed record ModelLayout
{
    public required int PositionCount { get; init; } // nq
    public required int VelocityCount { get; init; } // nv
    public required int ActuatorCount { get; init; } // nu
    public required int ActivationCount { get; init; } // na
    public required int BodyCount { get; init; } // nbody
    public required int JointCount { get; init; } // njnt
    public required int GeomCount { get; init; } // ngeom
    public required int SiteCount { get; init; } // nsite
    public required int CameraCount { get; init; } // ncam
    public required int SensorCount { get; init; } // nsensor
    public required int SensorDataCount { get; init; } // nsensordata
    public required int TimeStep { get; init; } // opt.timestep
    public required int Integrator { get; init; } // opt.integrator
    public required int DisableFlags { get; init; } // opt.disableflags
    public required int JointType { get; init; } // jnt_type
    public required int JointPositionAddress { get; init; } // jnt_qposadr
    public required int JointVelocityAddress { get; init; } // jnt_dofadr
    public required int JointLimited { get; init; } // jnt_limited
    public required int JointRange { get; init; } // jnt_range
    public required int Damping { get; init; } // dof_damping
    public required int GeomType { get; init; } // geom_type
    public required int GeomSize { get; init; } // geom_size
    public required int GeomPosition { get; init; } // geom_pos
    public required int GeomColor { get; init; } // geom_rgba
    public required int SiteType { get; init; } // site_type
    public required int SiteGroup { get; init; } // site_group
    public required int SiteSize { get; init; } // site_size
    public required int SitePosition { get; init; } // site_pos
    public required int SiteColor { get; init; } // site_rgba
    public required int CameraFieldOfView { get; init; } // cam_fovy
    public required int ControlRange { get; init; } // actuator_ctrlrange
    public required int SensorDimension { get; init; } // sensor_dim
    public required int SensorAddress { get; init; } // sensor_adr
}

/// <summary>Members of mjData.</summary>
internal sealed record DataLayout
{
    public required int StackCount { get; init; } // nstack
    public required int BufferBytes { get; init; } // nbuffer
    public required int Warnings { get; init; } // warning
    public required int ContactCount { get; init; } // ncon
    public required int Positions { get; init; } // qpos
    public required int Velocities { get; init; } // qvel
    public required int Activations { get; init; } // act
    public required int WarmStart { get; init; } // qacc_warmstart
    public required int Control { get; init; } // ctrl
    public required int SensorData { get; init; } // sensordata
    public required int BodyPosition { get; init; } // xpos
    public required int BodyOrientation { get; init; } // xmat
    public required int BodyCenter { get; init; } // xipos
    public required int GeomPosition { get; init; } // geom_xpos
    public required int GeomOrientation { get; init; } // geom_xmat
    public required int SitePosition { get; init; } // site_xpos
    public required int SiteOrientation { get; init; } // site_xmat
    public required int CameraPosition { get; init; } // cam_xpos
    public required int CameraOrientation { get; init; } // cam_xmat
}

/// <summary>mjVFS, the files in memory that models are compiled from.</summary>
internal sealed record FileSystemLayout
{
    public required int Bytes { get; init; } // sizeof
    public required int Contents { get; init; } // filedata
}
