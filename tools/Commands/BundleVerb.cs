using CommandLine;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A command that writes on a <see cref="Page"/>.</summary>
public abstract class PageVerb : Verb
{
    /// <inheritdoc/>
    public sealed override int Run(TextWriter output) => Run(Page.On(output));

    private protected abstract int Run(Page page);
}

/// <summary>A command on a bundle.</summary>
public abstract class BundleVerb : PageVerb
{
    [Value(0, MetaName = "bundle", Required = true, HelpText = "Directory of a bundle, the one that holds manifest.json.")]
    public virtual string Bundle { get; set; } = "";
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
