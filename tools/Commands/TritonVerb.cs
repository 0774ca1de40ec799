using CommandLine;

namespace WorldModels.Tools;

[Verb("triton", HelpText = "Write a bundle's policy as a model repository of NVIDIA's Triton Inference Server, which keeps its state.")]
public sealed class TritonVerb : BundleVerb
{
    [Option('o', "output", Required = true, MetaValue = "DIR", HelpText = "The model repository; other models in it stay.")]
    public string Output { get; set; } = "";

    [Option("batch", Default = "64", HelpText = "Most sequences that are computed at once.")]
    public string Batch { get; set; } = "64";

    [Option("graph", MetaValue = "NAME", HelpText = "Which graph (default: the policy).")]
    public string? Graph { get; set; }

    [Option("noise", HelpText = "Clients send the noise (default: none, as of a deterministic controller).")]
    public bool Noise { get; set; }

    private protected override int Run(Page page)
    {
        string folder = TritonRepository.Write(Bundle, Output, Graph, Arguments.WholeNumber("batch", Batch, least: 1), Noise);
        page.Line($"{folder}: config.pbtxt and 1/model.onnx. Serve it: tritonserver --model-repository {Path.GetFullPath(Output)}");
        return 0;
    }
}
