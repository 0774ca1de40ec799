namespace TorchSharp;

/// <summary>
/// Installs what the binding needs from the distribution, once and visibly: apt-get as root only, never sudo. The AppContext
/// switch "WorldModels.NoProvision" or the environment variable WORLDMODELS_NO_PROVISION=1 forbids it.
/// </summary>
internal static class Provision
{
    /// <exception cref="DllNotFoundException">Something is missing and may not, or could not, be installed.</exception>
    public static void Require(string packages, Func<bool> present)
    {
        if (present()) return;
        string command = $"apt-get update && apt-get install -y --no-install-recommends {packages}";
        string byHand = $"Install it as root with: {command} (or name a libtorch directory by the environment variable LIBTORCH).";
        if (!Allowed)
            throw new DllNotFoundException($"TorchSharp needs {packages}, which is missing, and installing is switched off. {byHand}");
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/apt-get"))
            throw new DllNotFoundException($"TorchSharp needs {packages}, which is missing. {byHand}");

        Directory.CreateDirectory(Shim.CacheRoot());
        using var _ = Lock(Path.Combine(Shim.CacheRoot(), "apt.lock"));
        if (present()) return;                                   // another process was faster
        string log = Path.Combine(Shim.CacheRoot(), "apt-torch.log");
        Console.Error.WriteLine($"TorchSharp: installing {packages} with apt-get (once, some minutes; log in {log}) ...");
        var (status, output) = Shim.Run("/bin/sh", ["-c", command], p => p.Environment["DEBIAN_FRONTEND"] = "noninteractive");
        File.WriteAllText(log, output);
        if (status != 0 || !present())
            throw new DllNotFoundException(
                $"TorchSharp needs {packages}, and apt-get could not install it (exit status {status}, see {log}). {byHand}");
    }

    private static bool Allowed =>
        !(AppContext.TryGetSwitch("WorldModels.NoProvision", out bool no) && no)
        && Environment.GetEnvironmentVariable("WORLDMODELS_NO_PROVISION") is null or "" or "0";

    /// <summary>Waits for a lock that other processes respect; disposing it, or the end of the process, frees it.</summary>
    public static IDisposable Lock(string path)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(30); ; Thread.Sleep(200))
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < deadline) { }
    }
}
