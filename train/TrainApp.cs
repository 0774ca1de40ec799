using System.Runtime.InteropServices;
using CommandLine;
using CommandLine.Text;
using WorldModels.Runtime;

namespace WorldModels.Train;

/// <summary>The training tool's command line. Exit code 0: done; 1: a mistake or refusal, said in one line; 2: wrong usage; 130: stopped.</summary>
public static class TrainApp
{
    private const int Failed = 1, WrongUsage = 2;

    /// <summary>Runs one command.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        using var parser = new Parser(settings => settings.HelpWriter = null);
        ParserResult<object> result = parser.ParseArguments(
            args, typeof(A2CVerb), typeof(EnvironmentModelVerb), typeof(ExportVerb), typeof(VerifyVerb), typeof(ListVerb), typeof(QuickstartVerb));
        try
        {
            return result.MapResult(verb => ((IVerb)verb).Run(output), errors => Usage(result, errors, output, error));
        }
        catch (Exception exception) when (exception is UserException or BundleException)
        {
            error.WriteLine(exception.Message);
            return Failed;
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException)
        {
            error.WriteLine((exception.InnerException ?? exception).Message);
            return Failed;
        }
        catch (OutOfMemoryException)
        {
            error.WriteLine("There is not enough memory for this run. Lower environments, batch or frames with --set.");
            return Failed;
        }
    }

    private static int Usage(ParserResult<object> result, IEnumerable<Error> errors, TextWriter output, TextWriter error)
    {
        bool asked = errors.IsHelp() || errors.IsVersion();
        HelpText help = HelpText.AutoBuild(result, text =>
        {
            text.Heading = "train: learn world models and policies, ship them as ONNX";
            text.Copyright = "";
            text.AdditionalNewLineAfterOption = false;
            text.MaximumDisplayWidth = 120;
            return text;
        });
        (asked ? output : error).WriteLine(help);
        return asked ? 0 : WrongUsage;
    }

    /// <summary>A token that Ctrl-C and a polite kill set: the run saves and ends. A second Ctrl-C ends it at once.</summary>
    public static CancellationTokenSource StopOnSignal(out IDisposable registration)
    {
        var source = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        }
        PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        registration = new Registrations(interrupt, terminate);
        return source;
    }

    private sealed class Registrations(params IDisposable[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable one in all)
                one.Dispose();
        }
    }
}

/// <summary>One command of the tool.</summary>
public interface IVerb
{
    /// <summary>Runs it; the result is the exit code.</summary>
    int Run(TextWriter output);
}
