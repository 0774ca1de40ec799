using System.Reflection;
using CommandLine;
using CommandLine.Text;

namespace WorldModels.CommandLine;

/// <summary>
/// A command line of several commands: reads it, runs the command, and answers each mistake with one message. What the user or his
/// machine did wrong has no stack trace; what we did wrong has one.
/// </summary>
/// <param name="name">How users call it.</param>
/// <param name="summary">What it is for, the heading of its help.</param>
/// <param name="verbs">The types of its commands, derived from <see cref="Verb"/>, in the order of its help.</param>
public sealed class CommandLineApp(string name, string summary, IReadOnlyList<Type> verbs)
{
    /// <summary>
    /// What to say of an exception that is no mistake of the program's, besides those of files, which speak for themselves; null: nothing.
    /// </summary>
    public Func<Exception, string?> Explain { get; init; } = _ => null;

    /// <summary>Runs one command.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="output">Receives results, and help where it was asked for.</param>
    /// <param name="error">Receives what went wrong.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public int Run(string[] args, TextWriter output, TextWriter error)
    {
        using Parser parser = new(settings => (settings.HelpWriter, settings.AllowMultiInstance) = (null, true));
        ParserResult<object> result = parser.ParseArguments(args is ["help", { } verb] ? [verb, "--help"] : args, [.. verbs]);
        try
        {
            return result.MapResult(parsed => Start((Verb)parsed, args, output), errors => Usage(result, [.. errors], output, error));
        }
        catch (UsageException exception)
        {
            error.WriteLine(exception.Message);
            return ExitCode.WrongUsage;
        }
        catch (Exception exception) when (Message(exception) is not null)
        {
            error.WriteLine(Message(exception));
            return ExitCode.Failed;
        }
    }

    private string? Message(Exception exception) => Explain(exception)
        ?? (exception is IOException or InvalidDataException or UnauthorizedAccessException ? exception.Message : null);

    private int Start(Verb verb, string[] args, TextWriter output)
    {
        Type type = verb.GetType();
        foreach ((OptionAttribute option, Type value) in Options(type))
        {
            if (Mistake(option, value, args) is { } mistake)
                throw new UsageException($"--{option.LongName} {mistake}. See: {HelpOn(type)}");
        }

        if (verb.Rest.FirstOrDefault() is { } extra)
            throw new UsageException($"'{extra}' is one argument too many. See: {HelpOn(type)}");
        return verb.Run(output);
    }

    /// <summary>
    /// What the parser lets pass: an option given twice, and one that the end of the line, another option or nothing but blanks follows
    /// where its value belongs.
    /// </summary>
    private static string? Mistake(OptionAttribute option, Type value, string[] args)
    {
        string name = $"--{option.LongName}", letter = option.ShortName.Length > 0 ? $"-{option.ShortName}" : name;
        int[] places = [.. Enumerable.Range(0, args.Length).Where(i =>
            args[i] == name || args[i] == letter || args[i].StartsWith(name + "=", StringComparison.Ordinal))];
        if (places.Length > 1 && value != typeof(IEnumerable<string>))
            return "is given twice";
        return value != typeof(bool) && places.Any(IsWithoutValue) ? "needs a value" : null;

        bool IsWithoutValue(int place)
        {
            int equals = args[place].IndexOf('=');
            string given = equals >= 0 ? args[place][(equals + 1)..] : args.ElementAtOrDefault(place + 1) ?? "";
            return string.IsNullOrWhiteSpace(given) || (equals < 0 && given.StartsWith("--", StringComparison.Ordinal));
        }
    }

    private int Usage(ParserResult<object> result, Error[] errors, TextWriter output, TextWriter error)
    {
        bool asked = errors.IsHelp() || errors.IsVersion();
        if (asked || errors.OfType<NoVerbSelectedError>().Any())
            (asked ? output : error).WriteLine(errors.IsVersion() ? Version : Help(result));
        else
            error.WriteLine(Describe(result.TypeInfo.Current, errors[0]));
        return asked ? ExitCode.Done : ExitCode.WrongUsage;
    }

    private string? Version => verbs[0].Assembly.GetName().Version?.ToString(3);

    private HelpText Help(ParserResult<object> result) => HelpText.AutoBuild(result, text =>
    {
        text.Heading = $"{name}: {summary}";
        text.Copyright = "";
        text.AdditionalNewLineAfterOption = false;
        text.MaximumDisplayWidth = 120;
        text.AutoVersion = false;
        text.AddDashesToOption = true;
        return text;
    }, example => example, verbsIndex: true);

    private string Describe(Type verb, Error mistake)
    {
        if (mistake is BadVerbSelectedError bad)
        {
            return $"There is no command '{bad.Token}'{Names.Suggest(bad.Token, verbs.Select(NameOf))} "
                + $"Commands: {string.Join(", ", verbs.Select(NameOf))}. See: {name} --help";
        }

        string[] options = [.. Options(verb).Where(option => !option.Option.Hidden).Select(option => option.Option.LongName)];
        string message = mistake switch
        {
            UnknownOptionError unknown => $"{NameOf(verb)} has no option '{Dashed(unknown.Token)}'{Names.Suggest(unknown.Token, options)} "
                + $"Options: {string.Join(", ", options.Select(Dashed))}.",
            MissingRequiredOptionError { NameInfo.LongName: "" } => $"{NameOf(verb)} needs {FirstMissing(verb)}",
            MissingRequiredOptionError missing => $"{NameOf(verb)} needs --{missing.NameInfo.LongName}.",
            MissingValueOptionError missing => $"--{missing.NameInfo.LongName} needs a value.",
            RepeatedOptionError repeated => $"--{repeated.NameInfo.LongName} is given twice.",
            BadFormatConversionError format => $"--{format.NameInfo.LongName} takes a {KindOf(verb, format.NameInfo.LongName)}.",
            _ => SentenceBuilder.Create().FormatError(mistake),
        };
        return $"{message} See: {HelpOn(verb)}";
    }

    /// <summary>What a command cannot do without, in the words of its help: "the folder of a run.".</summary>
    private static string FirstMissing(Type verb)
    {
        string help = verb.GetProperties().Select(property => property.GetCustomAttribute<ValueAttribute>())
            .First(value => value is { Required: true })!.HelpText;
        return $"the {char.ToLowerInvariant(help[0])}{help[1..]}";
    }

    private static string KindOf(Type verb, string option)
    {
        Type value = Options(verb).First(one => one.Option.LongName == option).Value;
        return (Nullable.GetUnderlyingType(value) ?? value) == typeof(double) ? "number" : "whole number";
    }

    private static IEnumerable<(OptionAttribute Option, Type Value)> Options(Type verb) =>
        from property in verb.GetProperties()
        from option in property.GetCustomAttributes<OptionAttribute>()
        select (option, property.PropertyType);

    private static string Dashed(string option) => option.Length == 1 ? $"-{option}" : $"--{option}";

    private static string NameOf(Type verb) => verb.GetCustomAttribute<VerbAttribute>()!.Name;

    private string HelpOn(Type verb) => $"{name} {NameOf(verb)} --help";
}
