using WorldModels.Environments.MuJoCo;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>The command line for bundles; its exit codes are those of <see cref="ExitCode"/>.</summary>
public static class ToolsApp
{
    private static readonly CommandLineApp App = new("tools",
        "look into, verify, measure, play, picture and plot world models shipped as bundles",
    [
        typeof(InspectVerb), typeof(VerifyVerb), typeof(BenchVerb), typeof(PlayVerb), typeof(PictureVerb), typeof(DreamVerb),
        typeof(PlotVerb), typeof(ConvertVerb), typeof(QuantizeVerb), typeof(ProvidersVerb),
        typeof(NoveltyVerb), typeof(DatasetVerb), typeof(RecordVerb), typeof(AdoptVerb), typeof(WebVerb), typeof(EngineExportVerb),
        typeof(TritonVerb),
    ])
    {
        Explain = exception => exception switch
        {
            BundleException or RecordingException or MuJoCoException => exception.Message,
            DllNotFoundException or TypeInitializationException =>
                $"ONNX Runtime could not be loaded: {(exception.InnerException ?? exception).Message.Split('\n')[0]}",
            OutOfMemoryException => "There is not enough memory for this. Take a smaller --batch or --horizon.",
            _ => null,
        },
    };

    /// <summary>Runs one command.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="output">Receives results; tables are drawn if it is the console and that is a terminal, else plain.</param>
    /// <param name="error">Receives what went wrong.</param>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        MuJoCoSuite.Register();
        return App.Run(args, output, error);
    }
}
