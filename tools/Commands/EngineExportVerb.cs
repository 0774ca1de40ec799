using CommandLine;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("export", HelpText = "Write a bundle for other engines: weights within each graph (--embedded), older operators (--opset 15, for Unity).")]
public sealed class EngineExportVerb : RunningVerb
{
    [Option('o', "output", Required = true, MetaValue = "DIR", HelpText = "The folder to write: new, empty, or a bundle that is replaced.")]
    public string Output { get; set; } = "";

    [Option("embedded", HelpText = "Each graph holds its weights, for engines that do not read external data.")]
    public bool Embedded { get; set; }

    [Option("opset", HelpText = "Version of ONNX's operators: 15, 16 or 17 (default: as it is).")]
    public string? Opset { get; set; }

    private protected override int Run(Page page)
    {
        int? opset = Opset is null ? null : Arguments.WholeNumber("opset", Opset, least: OpsetPass.Oldest);
        if (opset > 17)
            throw new UsageException($"--opset takes 15, 16 or 17; found {opset}.");
        if (opset is null && !Embedded)
            throw new UsageException("Say what for: --embedded (weights within each graph), --opset 15 (older operators), or both.");
        if (Path.GetFullPath(Output) == Path.GetFullPath(Bundle))
            throw new UsageException("--output has to be another folder than the bundle's.");
        VerificationReport report = EngineExport.Write(Bundle, Output, opset, Embedded, Options);
        page.Heading(Output);
        page.Table(["graph", "kB"], [.. new DirectoryInfo(Output).EnumerateFiles("*.onnx").OrderBy(file => file.Name)
            .Select(file => (string[])[file.Name, $"{file.Length / 1000}"])]);
        page.Line($"Verified on {report.Provider}. Names, roles, state and noise of every tensor: {Path.Combine(Output, "manifest.json")}.");
        return 0;
    }
}
