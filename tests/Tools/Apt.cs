using System.Diagnostics;

namespace WorldModels.Tests.Tools;

/// <summary>Programs of the distribution that some tests need: installed once, visibly, where tests may install.</summary>
internal static class Apt
{
    /// <summary>What there is, or there is once it is installed; null: neither.</summary>
    /// <param name="packages">Packages that bring it.</param>
    /// <param name="find">Looks for it.</param>
    public static string? Require(string packages, Func<string?> find)
    {
        if (find() is { } found) return found;
        bool allowed = Environment.GetEnvironmentVariable("WORLDMODELS_NO_PROVISION") is null or "" or "0";
        if (!allowed || !Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/apt-get")) return null;
        string cache = Path.Combine(Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "worldmodels");
        Directory.CreateDirectory(cache);
        using FileStream guard = Lock(Path.Combine(cache, "apt.lock"));
        if (find() is { } installed) return installed;
        TestContext.Progress.WriteLine($"Installing {packages} with apt-get (once) ...");
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"(apt-get update && apt-get install -y --no-install-recommends {packages}) 2>&1");
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using Process install = Process.Start(start)!;
        File.WriteAllText(Path.Combine(cache, $"apt-{packages.Split(' ')[0]}.log"), install.StandardOutput.ReadToEnd());
        install.WaitForExit();
        return find();
    }

    /// <summary>The lock that everything takes that installs here: apt-get allows one of them at a time.</summary>
    private static FileStream Lock(string path)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(30); ; Thread.Sleep(200))
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < deadline) { }
        }
    }
}
