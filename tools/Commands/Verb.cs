using CommandLine;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A command.</summary>
public abstract class Verb
{
    /// <summary>Runs it; the result is the exit code.</summary>
    internal abstract int Start(Page page);
}

/// <summary>Files that commands write.</summary>
internal static class Outputs
{
    /// <summary>Makes the directory of a file that is going to be written: a wrong path shall fail before the work, not after it.</summary>
    public static void Prepare(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Directory.CreateDirectory(directory);
    }
}

/// <summary>A command on a bundle.</summary>
public abstract class BundleVerb : Verb
{
    [Value(0, MetaName = "bundle", Required = true, HelpText = "Directory of the bundle, the one that holds manifest.json.")]
    public virtual string Bundle { get; set; } = "";

    [Value(1, Hidden = true)]
    public IEnumerable<string> Rest { get; set; } = [];

    internal sealed override int Start(Page page)
    {
        if (Rest.Any()) throw new UsageException($"One bundle at a time: '{Rest.First()}' is one argument too many.");
        Prepare();
        return Run(page);
    }

    /// <summary>What has to be settled before it runs.</summary>
    private protected virtual void Prepare() { }

    private protected abstract int Run(Page page);
}

/// <summary>A command that runs a bundle.</summary>
public abstract class RunningVerb : BundleVerb
{
    [Option("provider", Default = "auto", HelpText = "Execution provider: auto, cpu, cuda, tensorrt, directml or coreml.")]
    public string Provider { get; set; } = "auto";

    [Option("threads", Default = "1", HelpText = "Threads inside one operation; 0 lets ONNX Runtime choose.")]
    public virtual string Threads { get; set; } = "1";

    [Option("no-graph-capture", HelpText = "On cuda: launch each operation of a dream by itself, in place of recorded steps.")]
    public bool NoGraphCapture { get; set; }

    private protected RuntimeOptions Options => new()
    {
        Provider = Provider,
        GraphCapture = !NoGraphCapture,
        Threads = Arguments.WholeNumber("threads", Threads, least: 0),
    };
}
