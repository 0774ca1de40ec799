using System.Reflection;
using CommandLine;
using CommandLine.Text;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>The command line for bundles. Exit code 0: done; 1: a mistake or a failed check, said in one message; 2: wrong usage.</summary>
public static class ToolsApp
{
    private const int Failed = 1, WrongUsage = 2;

    private static readonly Type[] Verbs =
    [
        typeof(InspectVerb), typeof(VerifyVerb), typeof(BenchVerb), typeof(PlayVerb), typeof(PictureVerb), typeof(DreamVerb),
        typeof(PlotVerb), typeof(ConvertVerb), typeof(QuantizeVerb), typeof(ProvidersVerb),
    ];

    private static string? Version => typeof(ToolsApp).Assembly.GetName().Version?.ToString(3);

    /// <summary>Runs one command.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="output">Receives results; tables are drawn if it is the console and that is a terminal, else plain.</param>
    /// <param name="error">Receives what went wrong.</param>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        using Parser parser = new(settings => (settings.HelpWriter, settings.AllowMultiInstance) = (null, true));
        ParserResult<object> result = parser.ParseArguments(args, Verbs);
        try
        {
            return result.MapResult(verb => Start((Verb)verb, args, output), errors => Usage(result, [.. errors], output, error));
        }
        catch (UsageException e)
        {
            error.WriteLine(e.Message);
            return WrongUsage;
        }
        catch (Exception e) when (e is BundleException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return Failed;
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            error.WriteLine($"ONNX Runtime could not be loaded: {(e.InnerException ?? e).Message}");
            return Failed;
        }
        catch (OutOfMemoryException)
        {
            error.WriteLine("There is not enough memory for this. Take a smaller --batch or --horizon.");
            return Failed;
        }
    }

    private static int Start(Verb verb, string[] args, TextWriter output)
    {
        foreach (PropertyInfo property in verb.GetType().GetProperties())
            if (property.GetCustomAttribute<OptionAttribute>() is { } option) Check(verb, args, option, property.PropertyType);
        return verb.Start(Page.On(output));
    }

    /// <summary>What the parser lets pass: an option given twice, and one without its value, which it takes for not given.</summary>
    private static void Check(Verb verb, string[] args, OptionAttribute option, Type type)
    {
        string name = $"--{option.LongName}", help = $"See: tools {Name(verb.GetType())} --help";
        string letter = option.ShortName.Length > 0 ? $"-{option.ShortName}" : name;
        int[] places = [.. Enumerable.Range(0, args.Length).Where(i =>
            args[i] == name || args[i] == letter || args[i].StartsWith(name + "=", StringComparison.Ordinal))];
        if (places.Length > 1 && type != typeof(IEnumerable<string>)) throw new UsageException($"{name} is given twice. {help}");
        if (type != typeof(bool) && places.Any(i => !args[i].Contains('=')
            && (i + 1 == args.Length || args[i + 1].StartsWith("--", StringComparison.Ordinal))))
            throw new UsageException($"{name} needs a value. {help}");
    }

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
        text.Heading = "tools: look into, verify, measure, play, picture and plot world models shipped as bundles";
        text.Copyright = "";
        text.AdditionalNewLineAfterOption = false;
        text.MaximumDisplayWidth = 120;
        text.AutoVersion = false;
        text.AddDashesToOption = true;
        return text;
    }, example => example, verbsIndex: true);

    private static string Explain(Type verb, Error mistake)
    {
        string? name = verb.GetCustomAttribute<VerbAttribute>()?.Name;
        string help = name is null ? "tools --help" : $"tools {name} --help";
        string message = mistake switch
        {
            BadVerbSelectedError bad => $"There is no command '{bad.Token}'; there are {string.Join(", ", Verbs.Select(Name))}.",
            UnknownOptionError unknown => $"{name} has no option '{unknown.Token}'; it has {string.Join(", ", Options(verb))}.",
            MissingRequiredOptionError { NameInfo.LongName: "" } => $"{name} needs the directory of a bundle.",
            _ => SentenceBuilder.Create().FormatError(mistake),
        };
        return $"{message} See: {help}";
    }

    private static string Name(Type verb) => verb.GetCustomAttribute<VerbAttribute>()!.Name;

    private static IEnumerable<string> Options(Type verb) =>
        from property in verb.GetProperties()
        from option in property.GetCustomAttributes<OptionAttribute>()
        select $"--{option.LongName}";
}

/// <summary>The command line was used wrongly; the message says how to use it.</summary>
public sealed class UsageException(string message) : Exception(message);
