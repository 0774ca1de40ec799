using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace WorldModels.Measure;

/// <summary>Processes that run PyTorch beside us, to be compared with: set as its users would who want it fast on one core.</summary>
public static class PythonPeer
{
    /// <summary>The system's python3, whose packages apt installs, or the first on the path; null: there is none.</summary>
    public static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend("/usr/bin")
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "python.exe" : "python3")).FirstOrDefault(File.Exists);

    /// <summary>
    /// A process that is written to and read from. Its glibc keeps freed memory, as training does here; Debian's PyTorch computes with
    /// OpenBLAS, which gets one thread, and the kernels that the processor has.
    /// </summary>
    /// <param name="interpreter">The Python.</param>
    /// <param name="arguments">The script and its arguments.</param>
    public static ProcessStartInfo Prepare(string interpreter, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(interpreter, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["MALLOC_TRIM_THRESHOLD_"] = $"{int.MaxValue}";
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = $"{32 << 20}";
        start.Environment["OPENBLAS_NUM_THREADS"] = start.Environment["OMP_NUM_THREADS"] = "1";
        if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported)
            start.Environment["OPENBLAS_CORETYPE"] = "SkylakeX";
        return start;
    }

    /// <summary>Writes a script that is embedded in an assembly into a folder.</summary>
    /// <param name="owner">A type of the assembly.</param>
    /// <param name="script">The resource's name, and the file's.</param>
    /// <param name="folder">Where it goes.</param>
    /// <returns>The file.</returns>
    public static string Extract(Type owner, string script, string folder)
    {
        string path = Path.Combine(folder, script);
        using Stream text = owner.Assembly.GetManifestResourceStream(script)!;
        using FileStream file = File.Create(path);
        text.CopyTo(file);
        return path;
    }
}
