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
            throw new UserException(
                $"{typeof(Tensor).Assembly.Location} is not the repaired copy of TorchSharp, without which trainings end at random. Build "
                + "again; a project of your own has to import train/TorchSharpRepair/TorchSharpRepair.targets.");
        try
        {
            InitializeDeviceType(TorchSharp.DeviceType.CPU);
        }
        catch (Exception exception) when (exception is NotSupportedException or TypeInitializationException or DllNotFoundException
            or BadImageFormatException or EntryPointNotFoundException)
        {
            string reason = (exception.InnerException ?? exception).Message;
            throw new UserException(
                $"libtorch could not be loaded: {FirstLine(reason)} It runs on Linux x64 with glibc 2.34 and libstdc++ of GCC 12 or newer "
                + "(Debian 12, Ubuntu 22.04), Windows x64 and macOS arm64, and has to be built for the system that it runs on.", exception);
        }
    }

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
        catch (ExternalException exception)
        {
            throw new UserException($"libtorch failed while {doing}: {Explain(exception)} {then()}", exception);
        }
    }

    /// <inheritdoc cref="While{T}"/>
    public static void While(string doing, Action action, Func<string> then) => While(doing, () => { action(); return true; }, then);

    /// <summary>One line that says what a failure is, without libtorch's own stack.</summary>
    public static string Explain(ExternalException exception)
    {
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
