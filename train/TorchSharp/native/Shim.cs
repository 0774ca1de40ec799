using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp;

/// <summary>
/// Finds libtorch, compiles native/shim.cpp against it once for this user and loads the result. The directory of a libtorch with
/// include/ and lib/ (a pip wheel's torch/ is one, CUDA builds included) can be named by the environment variable LIBTORCH, the
/// AppContext value "LibTorch" or the build property of that name; otherwise the system's is used, which is installed when that is
/// allowed (<see cref="Provision"/>).
/// </summary>
internal static partial class Shim
{
    private static readonly Lazy<nint> Loaded = new(Load);

    public static nint Handle => Loaded.Value;

    private static nint Load()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException(
                "This binding to the system's libtorch runs on Linux; elsewhere build with -p:Engines=nuget.");
        ConfigureOpenBlas();
        var torch = Find();
        var library = Compiled(torch);
        try
        {
            nint handle = NativeLibrary.Load(library);
            // One thread unless the caller asks for more: small networks lose by sharing their work.
            unsafe { ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(handle, "ts_set_num_threads"))(1); }
            return handle;
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"libtorch from '{torch.Lib}' could not be loaded: {e.Message} " +
                $"Check that its libraries are complete (ldd {library}); delete that file to compile it again.");
        }
    }

    private sealed record LibTorch(string[] Includes, string Lib, bool System);

    private static LibTorch Find()
    {
        var named = Environment.GetEnvironmentVariable("LIBTORCH") ?? AppContext.GetData("LibTorch") as string
            ?? typeof(Shim).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "LibTorch")?.Value;
        if (!string.IsNullOrEmpty(named))
        {
            string include = Path.Combine(named, "include"), lib = Path.Combine(named, "lib");
            if (!File.Exists(Path.Combine(lib, "libtorch.so")) || !Directory.Exists(Path.Combine(include, "ATen")))
                throw new DllNotFoundException($"LibTorch names '{named}', but there is no lib/libtorch.so and include/ATen in it. " +
                    "Name the directory that holds include/ and lib/ of a libtorch.");
            return new([include, Path.Combine(include, "torch/csrc/api/include")], lib, System: false);
        }
        Provision.Require("libtorch-dev libopenblas0-pthread g++", () => SystemLib() is not null);
        return new(["/usr/include/torch/csrc/api/include"], SystemLib()!, System: true);
    }

    private static string? SystemLib() =>
        new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib" }
            .FirstOrDefault(d => File.Exists(Path.Combine(d, "libtorch.so")) && Directory.Exists("/usr/include/torch/csrc"));

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    /// <summary>The compiled shim for this source and this libtorch, from the user's cache or compiled now.</summary>
    private static string Compiled(LibTorch torch)
    {
        string source = Source();
        string core = Path.GetFullPath(File.ResolveLinkTarget(Path.Combine(torch.Lib, "libtorch_cpu.so"), returnFinalTarget: true)?.FullName
                      ?? Path.Combine(torch.Lib, "libtorch_cpu.so"));
        var stamp = new FileInfo(core);
        string key = $"{source}|{core}|{stamp.Length}|{stamp.LastWriteTimeUtc.Ticks}|{RuntimeInformation.ProcessArchitecture}";
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16];
        string folder = Path.Combine(CacheRoot(), $"torch-{hash}");
        string library = Path.Combine(folder, "libtorch_shim.so");
        if (File.Exists(library)) return library;

        Provision.Require("g++", () => OnPath("g++") is not null);
        Directory.CreateDirectory(folder);
        using var _ = Provision.Lock(Path.Combine(folder, "lock"));
        if (File.Exists(library)) return library;
        Console.Error.WriteLine($"TorchSharp: compiling the binding to libtorch in {torch.Lib} (once, about 20 s) ...");
        string cpp = Path.Combine(folder, "shim.cpp"), partial = library + ".part";
        File.WriteAllText(cpp, source);
        var (status, output) = Run("g++", Arguments(torch, cpp, partial));
        if (status != 0)
            throw new InvalidOperationException($"g++ could not compile the binding to libtorch in '{torch.Lib}' (exit status {status}). " +
                $"It needs g++ 10 or newer and libtorch's headers. Its first lines:\n{string.Join('\n', output.Split('\n').Take(12))}");
        File.Move(partial, library, overwrite: true);
        return library;
    }

    private static IEnumerable<string> Arguments(LibTorch torch, string cpp, string output)
    {
        string[] basics = ["-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", cpp, "-o", output, $"-L{torch.Lib}"];
        // A libtorch says in its CMake file which of the two string layouts of libstdc++ it was built with.
        string config = Path.Combine(torch.Lib, "../share/cmake/Torch/TorchConfig.cmake");
        var layout = File.Exists(config) ? Regex.Match(File.ReadAllText(config), "-D_GLIBCXX_USE_CXX11_ABI=[01]") : Match.Empty;
        if (layout.Success) basics = [.. basics, layout.Value];
        var includes = torch.Includes.SelectMany(i => new[] { "-isystem", i });
        // The shim names no CUDA symbol, so without --no-as-needed the linker drops the library that registers the CUDA kernels.
        string[] cuda = File.Exists(Path.Combine(torch.Lib, "libtorch_cuda.so"))
            ? ["-Wl,--no-as-needed", "-ltorch_cuda", "-lc10_cuda", $"-Wl,-rpath,{torch.Lib}"] : [];
        string[] rpath = torch.System ? [] : [$"-Wl,-rpath,{torch.Lib}"];
        return [.. basics, .. includes, .. cuda, "-ltorch", "-ltorch_cpu", "-lc10", "-ldl", .. rpath];
    }

    internal static string CacheRoot()
    {
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
        return Path.Combine(string.IsNullOrEmpty(local) ? Path.GetTempPath() : local, "worldmodels");
    }

    private static string Source()
    {
        using var stream = typeof(Shim).Assembly.GetManifestResourceStream("shim.cpp")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    internal static (int Status, string Output) Run(string program, IEnumerable<string> arguments,
        Action<ProcessStartInfo>? configure = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        configure?.Invoke(start);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error + output.Result);
    }

    /// <summary>
    /// Settings OpenBLAS reads once, while it loads. Its own thread pool beside libtorch's oversubscribes the cores (ten times
    /// slower steps), and a core type preset to an older processor costs 1.6 times in GEMM where AVX-512 exists. The C library's
    /// setenv is called because .NET keeps environment variables to itself.
    /// </summary>
    private static void ConfigureOpenBlas()
    {
        setenv("OPENBLAS_NUM_THREADS", "1", 0);
        string? preset = Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE");
        if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported
            && preset?.ToLowerInvariant() is not ("skylakex" or "cooperlake" or "sapphirerapids"))
            setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
