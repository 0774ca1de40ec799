using System.Reflection;
using System.Runtime.InteropServices;
using CommandLine;
using CommandLine.Text;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train;

/// <summary>
/// The training tool's command line. Exit code 0: done; 1: a mistake or refusal, said in one line; 2: wrong usage; 130: stopped.
/// </summary>
public static class TrainApp
{
    /// <summary>Exit code of a mistake or refusal, which is said in the last line.</summary>
    public const int Failed = 1;

    private const int WrongUsage = 2;

    private static readonly Type[] Verbs =
    [
        typeof(A2CVerb), typeof(DreamerVerb), typeof(EnvironmentModelVerb), typeof(I2AVerb), typeof(PlaNetVerb),
        typeof(ExportVerb), typeof(VerifyVerb), typeof(ListVerb), typeof(SweepVerb), typeof(BenchVerb), typeof(QuickstartVerb),
        typeof(UntrainedVerb),
    ];

    /// <summary>Runs one command.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        using var parser = new Parser(settings => (settings.HelpWriter, settings.AllowMultiInstance) = (null, true));
        ParserResult<object> result = parser.ParseArguments(args is ["help", { } verb] ? [verb, "--help"] : args, Verbs);
        try
        {
            if (Twice(args) is { } repeated)
                throw new UsageException($"{repeated} is given twice. See: train {args[0]} --help");
            return result.MapResult(parsed => Start((Verb)parsed, args, output), errors => Usage(result, [.. errors], output, error));
        }
        catch (UsageException exception)
        {
            error.WriteLine(exception.Message);
            return WrongUsage;
        }
        catch (Exception exception) when (Explain(exception) is not null)
        {
            error.WriteLine(Explain(exception));
            return Failed;
        }
    }

    private static int Start(Verb verb, string[] args, TextWriter output)
    {
        if (Valueless(verb.GetType(), args) is { } option)
            throw new UsageException($"{option} needs a value. See: {HelpOn(verb.GetType())}");
        if (verb.Rest.FirstOrDefault() is { } extra)
            throw new UsageException($"'{extra}' is one argument too many. See: {HelpOn(verb.GetType())}");
        return verb.Run(output);
    }

    /// <summary>What to say of a failure that is the user's or his machine's; null for a mistake of ours, whose trace is wanted.</summary>
    private static string? Explain(Exception exception) => exception switch
    {
        UserException or BundleException or IOException or InvalidDataException or UnauthorizedAccessException => exception.Message,
        TypeInitializationException { InnerException: DllNotFoundException inner } =>
            $"ONNX Runtime could not be loaded: {inner.Message.Split('\n')[0]}",
        OutOfMemoryException => Libtorch.NoMemory,
        _ => Libtorch.Explain(exception) is { } reason ? $"libtorch failed: {reason}" : null,
    };

    private static int Usage(ParserResult<object> result, Error[] errors, TextWriter output, TextWriter error)
    {
        bool asked = errors.IsHelp() || errors.IsVersion();
        if (asked || errors.OfType<NoVerbSelectedError>().Any())
            (asked ? output : error).WriteLine(errors.IsVersion() ? Version : Help(result));
        else
            error.WriteLine(Explain(result.TypeInfo.Current, errors[0]));
        return asked ? 0 : WrongUsage;
    }

    private static HelpText Help(ParserResult<object> result) => HelpText.AutoBuild(result, text =>
    {
        text.Heading = "train: learn world models and policies, ship them as ONNX";
        text.Copyright = "";
        text.AdditionalNewLineAfterOption = false;
        text.MaximumDisplayWidth = 120;
        text.AutoVersion = false;
        text.AddDashesToOption = true;
        return text;
    }, example => example, verbsIndex: true);

    private static string Explain(Type verb, Error mistake)
    {
        if (mistake is BadVerbSelectedError bad)
            return $"There is no command '{bad.Token}'{Names.Suggest(bad.Token, Verbs.Select(NameOf))} "
                + $"Commands: {string.Join(", ", Verbs.Select(NameOf))}. See: train --help";
        string[] options = [.. Options(verb).Select(option => option.Name)];
        string message = mistake switch
        {
            UnknownOptionError unknown => $"{NameOf(verb)} has no option '--{unknown.Token}'{Names.Suggest(unknown.Token, options)} "
                + $"Options: {string.Join(", ", options.Select(option => $"--{option}"))}.",
            MissingRequiredOptionError { NameInfo.LongName: "" } =>
                $"{NameOf(verb)} needs the folder of a {(verb == typeof(ExportVerb) ? "run" : "bundle")}.",
            MissingValueOptionError missing => $"--{missing.NameInfo.LongName} needs a value.",
            BadFormatConversionError format => $"--{format.NameInfo.LongName} takes a whole number.",
            _ => SentenceBuilder.Create().FormatError(mistake),
        };
        return $"{message} See: {HelpOn(verb)}";
    }

    /// <summary>
    /// An option that the end of the line, another option or nothing but blanks follows, where a value belongs: the parser would pass
    /// over the first case and take the second one's name for the value.
    /// </summary>
    private static string? Valueless(Type verb, string[] args)
    {
        HashSet<string> takers = [.. Options(verb).Where(option => option.TakesValue).Select(option => option.Name)];
        for (int i = 0; i < args.Length; i++)
            if (takers.Contains(args[i].TrimStart('-')) && args[i].StartsWith("--", StringComparison.Ordinal)
                && (i + 1 == args.Length || string.IsNullOrWhiteSpace(args[i + 1]) || args[i + 1].StartsWith("--", StringComparison.Ordinal)))
                return args[i];
        return null;
    }

    /// <summary>An option of one value that is given more than once, which the parser would let pass.</summary>
    private static string? Twice(string[] args)
    {
        if (Verbs.FirstOrDefault(verb => args.Length > 0 && NameOf(verb) == args[0]) is not { } verb)
            return null;
        HashSet<string> single = [.. Options(verb).Where(option => !option.TakesMany).Select(option => $"--{option.Name}")];
        IEnumerable<string> given = args.Select(arg => arg.Split('=')[0]).Where(single.Contains);
        return given.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1)?.Key;
    }

    private static IEnumerable<(string Name, bool TakesValue, bool TakesMany)> Options(Type verb) =>
        from property in verb.GetProperties()
        from option in property.GetCustomAttributes<OptionAttribute>()
        where !option.Hidden
        select (option.LongName, property.PropertyType != typeof(bool), property.PropertyType == typeof(IEnumerable<string>));

    private static string NameOf(Type verb) => verb.GetCustomAttribute<VerbAttribute>()!.Name;

    private static string HelpOn(Type verb) => $"train {NameOf(verb)} --help";

    private static string? Version => typeof(TrainApp).Assembly.GetName().Version?.ToString(3);

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
public abstract class Verb
{
    /// <summary>Words that no option takes: a mistake.</summary>
    [Value(9, Hidden = true)]
    public IEnumerable<string> Rest { get; set; } = [];

    /// <summary>Runs it; the result is the exit code.</summary>
    public abstract int Run(TextWriter output);
}
