using System.Reflection;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>The native library behind TorchSharp: that it is there, and what its failures mean.</summary>
public static class Libtorch
{
    private const string RepairMark = "WorldModels.Repaired";   // as train/TorchSharpRepair writes it

    /// <summary>Loads it; whatever computes with tensors calls this first. The second call does nothing.</summary>
    /// <exception cref="UserException">It cannot be loaded here, or TorchSharp is not the repaired copy.</exception>
    public static void Load()
    {
        if (!typeof(Tensor).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(metadata => metadata.Key == RepairMark))
        {
            throw new UserException(
                $"{typeof(Tensor).Assembly.Location} is not the repaired copy of TorchSharp, without which trainings end at random. Build "
                + "again; a project of your own has to import train/TorchSharpRepair/TorchSharpRepair.targets.");
        }

        try
        {
            // By its path, before TorchSharp does: where that fails, it prints a page, copies the package's libraries and tries those.
            NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, LibraryName));
            InitializeDeviceType(TorchSharp.DeviceType.CPU);
        }
        catch (Exception exception) when (exception is NotSupportedException or DllNotFoundException or BadImageFormatException)
        {
            string[] lines = exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            string reason = lines.FirstOrDefault(line => line.StartsWith('/') && line.Contains(": ", StringComparison.Ordinal)) ?? lines[0];
            throw new UserException(
                $"libtorch could not be loaded: {reason.TrimEnd('.')}. It runs on Linux x64 with glibc 2.34 and the libstdc++ of GCC 12 or newer "
                + "(Debian 12, Ubuntu 22.04), on Windows x64 and macOS arm64, and has to be built on the system that it runs on.", exception);
        }
    }

    private static string LibraryName =>
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";

    /// <summary>Runs something, and says what was being done if libtorch fails in it.</summary>
    /// <param name="doing">As in "evaluating".</param>
    /// <param name="action">What calls libtorch.</param>
    /// <param name="then">What stands after that, and how to go on.</param>
    /// <exception cref="UserException">libtorch failed.</exception>
    public static T While<T>(string doing, Func<T> action, Func<string> then)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (Explain(exception) is { } reason)
        {
            throw new UserException($"libtorch failed while {doing}: {reason} {then()}", exception);
        }
    }

    /// <inheritdoc cref="While{T}"/>
    public static void While(string doing, Action action, Func<string> then) => While(doing, () =>
    {
        action();
        return true;
    }, then);

    /// <summary>One line that says what a failure of libtorch is, without its own stack; null for all other exceptions.</summary>
    public static string? Explain(Exception exception)
    {
        if (exception.GetType() != typeof(ExternalException))
            return null; // A process or a socket that fails derives from it.
        string message = exception.Message;
        bool isMemory = message.Contains("can't allocate memory", StringComparison.Ordinal)
            || message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);
        return isMemory ? NoMemory : FirstLine(message);
    }

    /// <summary>What to do where memory is short.</summary>
    public const string NoMemory =
        "There is not enough memory for this run. Lower batch, environments, steps or frames, or the network's sizes, with --set.";

    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.') + ".";
}
