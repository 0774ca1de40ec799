using Spectre.Console;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>Where a command writes: headings and tables drawn in a terminal, plain text elsewhere.</summary>
public sealed class Page
{
    private readonly TextWriter _output;
    private readonly IAnsiConsole? _terminal;

    private Page(TextWriter output, IAnsiConsole? terminal) => (_output, _terminal) = (output, terminal);

    /// <summary>A page on a writer.</summary>
    public static Page On(TextWriter output) =>
        new(output, ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected ? AnsiConsole.Console : null);

    /// <summary>Whether this page is a terminal.</summary>
    public bool IsTerminal => _terminal is not null;

    /// <summary>The writer itself, for results that are read by programs.</summary>
    public TextWriter Output => _output;

    /// <summary>A line that begins a part.</summary>
    public void Heading(string text)
    {
        if (_terminal is not null)
            _terminal.MarkupLineInterpolated($"[bold]{text}[/]");
        else
            _output.WriteLine(text);
    }

    /// <summary>A line.</summary>
    public void Line(string text = "") => _output.WriteLine(text);

    /// <summary>Names and values below each other; those without a value are left out.</summary>
    public void Facts(params IEnumerable<(string Name, string? Value)> facts)
    {
        (string Name, string? Value)[] known = facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).ToArray();
        int width = known.Select(fact => fact.Name.Length).DefaultIfEmpty().Max();
        foreach ((string name, string? value) in known)
            Line($"  {name.PadRight(width)}  {value}");
    }

    /// <summary>A table; plain too where a drawn one would not fit the terminal.</summary>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int width = 1 + columns.Select((column, c) => rows.Select(row => row[c].Length).Append(column.Length).Max() + 3).Sum();
        if (_terminal is null || width > _terminal.Profile.Width)
        {
            TextTable.Write(_output, columns, rows);
            return;
        }
        Table table = new() { Border = TableBorder.Rounded };
        for (int c = 0; c < columns.Count; c++)
        {
            TableColumn column = new(Markup.Escape(columns[c])) { NoWrap = true };
            table.AddColumn(TextTable.IsNumeric(rows.Select(row => row[c])) ? column.RightAligned() : column);
        }
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        _terminal.Write(table);
    }
}
