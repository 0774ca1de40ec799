using System.Diagnostics;

namespace WorldModels.Tests;

/// <summary>Programs of other processes.</summary>
internal static class Programs
{
    /// <summary>Runs one that has to succeed; what it printed.</summary>
    public static string Run(string program, string directory, params string[] arguments) => Run(program, directory, succeeds: true, arguments);

    /// <summary>Runs one that has to refuse; what it printed.</summary>
    public static string Refused(string program, string directory, params string[] arguments) => Run(program, directory, succeeds: false, arguments);

    private static string Run(string program, string directory, bool succeeds, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, succeeds ? Is.Zero : Is.Not.Zero, $"{program} {string.Join(' ', arguments)}\n{output}\n{error.Result}");
        return output + error.Result;
    }
}
