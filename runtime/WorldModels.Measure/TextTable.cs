namespace WorldModels.Measure;

/// <summary>Tables of plain text: for files, pipes and logs.</summary>
public static class TextTable
{
    /// <summary>Writes a table. Columns that hold only numbers (and units) are aligned on the right.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = [.. columns.Select((column, c) => rows.Select(row => row[c].Length).Append(column.Length).Max())];
        bool[] right = [.. columns.Select((_, c) => IsNumeric(rows.Select(row => row[c])))];
        Line(columns);
        Line([.. widths.Select(width => new string('-', width))]);
        foreach (IReadOnlyList<string> row in rows)
            Line(row);

        void Line(IReadOnlyList<string> cells) => output.WriteLine(
            string.Join("  ", cells.Select((cell, c) => right[c] ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd());
    }

    /// <summary>Whether all cells of a column are figures, or empty.</summary>
    public static bool IsNumeric(IEnumerable<string> cells)
    {
        string[] filled = [.. cells.Where(cell => cell.Length > 0)];
        return filled.Length > 0 && filled.All(cell => char.IsAsciiDigit(cell.TrimStart('-').FirstOrDefault()));
    }
}
