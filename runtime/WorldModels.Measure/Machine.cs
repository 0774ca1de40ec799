using System.Runtime.InteropServices;

namespace WorldModels.Measure;

/// <summary>What a measurement was made on.</summary>
/// <param name="Cpu">The processor's name, as far as the system tells.</param>
/// <param name="Cores">Logical cores this process may use.</param>
/// <param name="System">The operating system.</param>
/// <param name="DotNet">The .NET runtime.</param>
public sealed record Machine(string Cpu, int Cores, string System, string DotNet)
{
    private const string CpuFile = "/proc/cpuinfo";

    /// <summary>This machine.</summary>
    public static Machine Current { get; } = new(CpuName(), Environment.ProcessorCount, RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Cpu}, {Cores} cores, {System}, {DotNet}";

    private static string CpuName()
    {
        string? line = File.Exists(CpuFile)
            ? File.ReadLines(CpuFile).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
