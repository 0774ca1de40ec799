using WorldModels.Environments.MuJoCo;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Train;

/// <summary>The training tool's command line; its exit codes are those of <see cref="ExitCode"/>.</summary>
public static class TrainApp
{
    private static readonly CommandLineApp App = new("train", "learn world models and policies, ship them as ONNX",
    [
        .. Algorithm.All.Select(algorithm => algorithm.Command),
        typeof(ExportVerb), typeof(VerifyExportVerb), typeof(ListVerb), typeof(SweepVerb), typeof(TrainingBenchVerb), typeof(QuickstartVerb),
        typeof(UntrainedVerb), typeof(DistillVerb),
    ])
    {
        Explain = exception => exception switch
        {
            UserException or BundleException or RecordingException or MuJoCoException => exception.Message,
            TypeInitializationException { InnerException: DllNotFoundException inner } =>
                $"ONNX Runtime could not be loaded: {inner.Message.Split('\n')[0]}",
            OutOfMemoryException => Libtorch.NoMemory,
            _ => Libtorch.Explain(exception) is { } reason ? $"libtorch failed: {reason}" : null,
        },
    };

    /// <summary>Runs one command.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        MuJoCoSuite.Register();
        return App.Run(args, output, error);
    }
}
