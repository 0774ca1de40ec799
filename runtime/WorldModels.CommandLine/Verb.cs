using CommandLine;

namespace WorldModels.CommandLine;

/// <summary>One command of a tool.</summary>
public abstract class Verb
{
    /// <summary>Words that no option takes: a mistake.</summary>
    [Value(9, Hidden = true)]
    public IEnumerable<string> Rest { get; set; } = [];

    /// <summary>Runs it; the result is one of <see cref="ExitCode"/>.</summary>
    public abstract int Run(TextWriter output);
}

/// <summary>How a command ends.</summary>
public static class ExitCode
{
    /// <summary>It did what it was asked.</summary>
    public const int Done = 0;

    /// <summary>A mistake, a refusal or a failed check, said in one message.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int WrongUsage = 2;

    /// <summary>It was stopped by Ctrl-C or a polite kill, and saved what it had.</summary>
    public const int Stopped = 130;
}

/// <summary>The command line was used wrongly; the message says how to use it.</summary>
public sealed class UsageException(string message) : Exception(message);
