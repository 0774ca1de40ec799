using System.Runtime.InteropServices;
using WorldModels.Environments.MuJoCo;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Tests.Environments;

/// <summary>Members of MuJoCo 2.2.2's structures that only tests look at, by the names that the golden files give them.</summary>
internal static unsafe class MuJoCoFields
{
    private const int ContactBytes = 528;
    private const int ContactGeoms = 508;
    private const int Contacts = 40752;
    private const int MassMatrix = 40720; // sparse

    /// <summary>Reals of mjData.</summary>
    private static readonly Dictionary<string, int> Data = new()
    {
        ["qfrc_bias"] = 40976,
        ["qfrc_passive"] = 40984,
        ["qfrc_actuator"] = 41088,
        ["qacc_smooth"] = 41104,
        ["qacc"] = 40448,
        ["xpos"] = 40480,
    };

    /// <summary>Reals of mjModel.</summary>
    private static readonly Dictionary<string, int> Reals = new()
    {
        ["qpos0"] = 1096,
        ["body_mass"] = 1240,
        ["body_inertia"] = 1256,
        ["body_ipos"] = 1224,
        ["body_iquat"] = 1232,
        ["body_pos"] = 1208,
        ["body_quat"] = 1216,
        ["body_invweight0"] = 1264,
        ["jnt_range"] = 1368,
        ["jnt_axis"] = 1352,
        ["jnt_pos"] = 1344,
        ["jnt_stiffness"] = 1360,
        ["jnt_solref"] = 1328,
        ["jnt_solimp"] = 1336,
        ["dof_damping"] = 1464,
        ["dof_armature"] = 1456,
        ["dof_frictionloss"] = 1448,
        ["dof_invweight0"] = 1472,
        ["geom_size"] = 1592,
        ["geom_pos"] = 1608,
        ["geom_quat"] = 1616,
        ["geom_friction"] = 1624,
        ["geom_solref"] = 1576,
        ["geom_solimp"] = 1584,
        ["actuator_gear"] = 2816,
    };

    /// <summary>Integers of mjModel.</summary>
    private static readonly Dictionary<string, int> Integers = new()
    {
        ["geom_type"] = 1488,
        ["geom_bodyid"] = 1520,
        ["geom_condim"] = 1512,
        ["geom_contype"] = 1496,
        ["geom_conaffinity"] = 1504,
    };

    /// <summary>Options of mjModel that are integers.</summary>
    private static readonly Dictionary<string, int> IntegerOptions = new()
    {
        ["integrator"] = 432,
        ["cone"] = 440,
        ["solver"] = 448,
        ["iterations"] = 452,
        ["disableflags"] = 464,
        ["enableflags"] = 468,
    };

    /// <summary>Options of mjModel that are reals.</summary>
    private static readonly Dictionary<string, int> RealOptions = new()
    {
        ["timestep"] = 232,
        ["impratio"] = 248,
        ["tolerance"] = 256,
    };

    /// <summary>An array of the compiled model.</summary>
    public static double[] Constant(MuJoCoPhysics physics, string name, int count) => Reals.TryGetValue(name, out int offset)
        ? physics.Model.Handle.Array<double>(offset, count).ToArray()
        : [.. physics.Model.Handle.Array<int>(Integers[name], count).ToArray().Select(value => (double)value)];

    /// <summary>An option of the compiled model.</summary>
    public static double Option(MuJoCoPhysics physics, string name) => RealOptions.TryGetValue(name, out int offset)
        ? physics.Model.Handle.Real(offset)
        : physics.Model.Handle.Integer(IntegerOptions[name]);

    /// <summary>What MuJoCo computed of the present state.</summary>
    public static double[] Computed(MuJoCoPhysics physics, string name, int count) => name == "M"
        ? FullMassMatrix(physics, count)
        : physics.Data.Array<double>(Data[name], count).ToArray();

    /// <summary>The two geoms of a contact, and how far apart they are.</summary>
    public static (int First, int Second, double Distance) Contact(MuJoCoPhysics physics, int index)
    {
        byte* contact = *(byte**)(physics.Data.Address + Contacts) + index * ContactBytes;
        int* geoms = (int*)(contact + ContactGeoms);
        return (geoms[0], geoms[1], *(double*)contact);
    }

    /// <summary>The first solution starts from nothing, as it did when the golden traces were made.</summary>
    public static void ForgetWarmStart(MuJoCoPhysics physics) =>
        physics.Data.Array<double>(MuJoCoLibrary.Instance.Layout.Data.WarmStart, physics.Velocities.Length).Clear();

    /// <summary>Computes all that follows from a state under a control, with the actuators on.</summary>
    public static void Forward(MuJoCoPhysics physics, double[] positions, double[] velocities, double[] control)
    {
        DataLayout layout = MuJoCoLibrary.Instance.Layout.Data;
        positions.CopyTo(physics.Data.Array<double>(layout.Positions, positions.Length));
        velocities.CopyTo(physics.Data.Array<double>(layout.Velocities, velocities.Length));
        control.CopyTo(physics.Data.Array<double>(layout.Control, control.Length));
        MuJoCoLibrary.Instance.Forward(physics.Model.Handle.Address, physics.Data.Address);
    }

    /// <summary>How many contacts mjData has now.</summary>
    public static int ContactCount(MuJoCoPhysics physics) => physics.Data.Integer(MuJoCoLibrary.Instance.Layout.Data.ContactCount);

    private static double[] FullMassMatrix(MuJoCoPhysics physics, int count)
    {
        nint library = MuJoCoLibrary.Open("libmujoco.so.2.2.2", "libmujoco.so");
        delegate* unmanaged[Cdecl]<nint, double*, double*, void> unpack =
            (delegate* unmanaged[Cdecl]<nint, double*, double*, void>)NativeLibrary.GetExport(library, "mj_fullM");
        double[] full = new double[count];
        fixed (double* target = full)
            unpack(physics.Model.Handle.Address, target, *(double**)(physics.Data.Address + MassMatrix));
        return full;
    }
}
