using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>
/// The library MuJoCo, found when it is first needed, and its functions. Only versions whose <see cref="MuJoCoLayout"/> is known are
/// taken, and only after a small model came out right.
/// </summary>
internal sealed unsafe class MuJoCoLibrary
{
    private const string HowToInstall =
        "Debian 12, as root: apt-get install libmujoco2.2.2. Elsewhere: https://github.com/google-deepmind/mujoco/releases/tag/2.2.2";

    private static readonly Lazy<MuJoCoLibrary> Loaded = new(Load);

    // The compiler keeps its last model in a variable of the library.
    private static readonly object Compiling = new();

    [ThreadStatic]
    private static string? _lastWarning;

    private readonly delegate* unmanaged[Cdecl]<nint, void> _clearFiles;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, int, int> _addFile;
    private readonly delegate* unmanaged[Cdecl]<nint, void> _deleteFiles;
    private readonly delegate* unmanaged[Cdecl]<byte*, nint, byte*, int, nint> _compile;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int, byte*> _nameOf;

    private MuJoCoLibrary(nint library, MuJoCoLayout layout)
    {
        Layout = layout;
        Renderer = new(library);
        _clearFiles = (delegate* unmanaged[Cdecl]<nint, void>)Find("mj_defaultVFS");
        _addFile = (delegate* unmanaged[Cdecl]<nint, byte*, int, int>)Find("mj_makeEmptyFileVFS");
        _deleteFiles = (delegate* unmanaged[Cdecl]<nint, void>)Find("mj_deleteVFS");
        _compile = (delegate* unmanaged[Cdecl]<byte*, nint, byte*, int, nint>)Find("mj_loadXML");
        _nameOf = (delegate* unmanaged[Cdecl]<nint, int, int, byte*>)Find("mj_id2name");
        DeleteModel = (delegate* unmanaged[Cdecl]<nint, void>)Find("mj_deleteModel");
        MakeData = (delegate* unmanaged[Cdecl]<nint, nint>)Find("mj_makeData");
        DeleteData = (delegate* unmanaged[Cdecl]<nint, void>)Find("mj_deleteData");
        ResetData = (delegate* unmanaged[Cdecl]<nint, nint, void>)Find("mj_resetData");
        Forward = (delegate* unmanaged[Cdecl]<nint, nint, void>)Find("mj_forward");
        Step = (delegate* unmanaged[Cdecl]<nint, nint, void>)Find("mj_step");
        StepOne = (delegate* unmanaged[Cdecl]<nint, nint, void>)Find("mj_step1");
        StepTwo = (delegate* unmanaged[Cdecl]<nint, nint, void>)Find("mj_step2");
        // Without these MuJoCo prints, waits for a key and ends the process.
        *(delegate* unmanaged[Cdecl]<byte*, void>*)Find("mju_user_error") = &EndWithError;
        *(delegate* unmanaged[Cdecl]<byte*, void>*)Find("mju_user_warning") = &KeepWarning;

        nint Find(string name) => NativeLibrary.GetExport(library, name);
    }

    /// <summary>The library.</summary>
    /// <exception cref="MuJoCoException">It is not there, of an unknown version, or not what it says.</exception>
    public static MuJoCoLibrary Instance => Loaded.Value;

    /// <summary>What MuJoCo last warned of on this thread.</summary>
    public static string LastWarning => _lastWarning ?? "no reason was given";

    /// <summary>Where the members of its structures lie.</summary>
    public MuJoCoLayout Layout { get; }

    /// <summary>Its functions for pictures.</summary>
    public RendererFunctions Renderer { get; }

    public delegate* unmanaged[Cdecl]<nint, void> DeleteModel { get; }

    public delegate* unmanaged[Cdecl]<nint, nint> MakeData { get; }

    public delegate* unmanaged[Cdecl]<nint, void> DeleteData { get; }

    public delegate* unmanaged[Cdecl]<nint, nint, void> ResetData { get; }

    /// <summary>Computes all that follows from the state and the control.</summary>
    public delegate* unmanaged[Cdecl]<nint, nint, void> Forward { get; }

    /// <summary>Takes a time step; what follows from positions and velocities is afterwards that of the state before.</summary>
    public delegate* unmanaged[Cdecl]<nint, nint, void> Step { get; }

    /// <summary>The first half of a step: computes what follows from positions and velocities.</summary>
    public delegate* unmanaged[Cdecl]<nint, nint, void> StepOne { get; }

    /// <summary>The second half: accelerates under the control and advances the state, by Euler's method alone.</summary>
    public delegate* unmanaged[Cdecl]<nint, nint, void> StepTwo { get; }

    /// <summary>Compiles a model; the caller owns it.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="mjcf">The text of its file.</param>
    /// <exception cref="MuJoCoException">The file has a mistake.</exception>
    public nint Compile(string name, ReadOnlySpan<byte> mjcf)
    {
        const int ErrorBytes = 1000;
        byte* error = stackalloc byte[ErrorBytes];
        nint files = (nint)NativeMemory.AllocZeroed((nuint)Layout.FileSystem.Bytes);
        nint model;
        fixed (byte* file = "model.xml"u8)
        {
            _clearFiles(files);
            _addFile(files, file, mjcf.Length);
            mjcf.CopyTo(new Span<byte>(*(byte**)(files + Layout.FileSystem.Contents), mjcf.Length));
            lock (Compiling)
                model = _compile(file, files, error, ErrorBytes);
            _deleteFiles(files);
        }
        NativeMemory.Free((void*)files);
        return model != 0
            ? model
            : throw new MuJoCoException($"MuJoCo does not take the model '{name}': {Text(error)} Mend its file.");
    }

    /// <summary>The names of all objects of a kind, in their order.</summary>
    public string[] Names(nint model, ObjectKind kind, int count)
    {
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
            names[i] = Text(_nameOf(model, (int)kind, i));
        return names;
    }

    /// <summary>Opens the first file that there is.</summary>
    /// <exception cref="MuJoCoException">There is none.</exception>
    internal static nint Open(params IEnumerable<string> fileNames)
    {
        foreach (string fileName in fileNames)
        {
            if (NativeLibrary.TryLoad(fileName, out nint library))
                return library;
        }
        throw new MuJoCoException(
            $"This needs MuJoCo 2.2.2, which is not here. {HowToInstall}, {fileNames.First()} where the system looks for libraries.");
    }

    /// <summary>The layout of a version's structures.</summary>
    /// <exception cref="MuJoCoException">It is not known.</exception>
    internal static MuJoCoLayout LayoutOf(int version) => MuJoCoLayout.ByVersion.TryGetValue(version, out MuJoCoLayout? layout)
        ? layout
        : throw new MuJoCoException(
            $"The MuJoCo that is here is {Dotted(version)}, whose structures are not known, as those of "
            + $"{string.Join(", ", MuJoCoLayout.ByVersion.Keys.Select(Dotted))} are. {HowToInstall}");

    private static MuJoCoLibrary Load()
    {
        nint file = Open(FileNames);
        int version = ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(file, "mj_version"))();
        MuJoCoLibrary library = new(file, LayoutOf(version));
        SelfCheck.Run(library);
        return library;
    }

    private static string[] FileNames =>
        OperatingSystem.IsWindows() ? ["mujoco.dll"]
        : OperatingSystem.IsMacOS() ? ["libmujoco.2.2.2.dylib", "libmujoco.dylib"]
        : ["libmujoco.so.2.2.2", "libmujoco.so"];

    private static string Dotted(int version) => $"{version / 100}.{version / 10 % 10}.{version % 10}";

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>After an error MuJoCo's structures are of no use, and no exception may pass its frames.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void EndWithError(byte* message) =>
        Environment.FailFast($"MuJoCo met an error after which it cannot go on: {Text(message)}");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepWarning(byte* message) => _lastWarning = Text(message);
}

/// <summary>MuJoCo's mjtObj: kinds of named objects.</summary>
internal enum ObjectKind
{
    Body = 1,
    Joint = 3,
    Geom = 5,
    Site = 6,
    Camera = 7,
    Actuator = 18,
    Sensor = 19,
}
