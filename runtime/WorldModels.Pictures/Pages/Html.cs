using System.Net;
using System.Text;

namespace WorldModels.Pictures;

/// <summary>Tables of HTML pages.</summary>
internal static class HtmlTable
{
    /// <summary>Appends a table.</summary>
    public static void Write(StringBuilder page, IEnumerable<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        page.Append("<table><thead>");
        Row("th", columns);
        page.Append("</thead><tbody>\n");
        foreach (IReadOnlyList<string> row in rows)
            Row("td", row);
        page.Append("</tbody></table>");

        void Row(string cell, IEnumerable<string> texts) =>
            page.Append("<tr>").AppendJoin("", texts.Select(text => $"<{cell}>{WebUtility.HtmlEncode(text)}</{cell}>")).Append("</tr>\n");
    }
}

/// <summary>What every page begins with.</summary>
internal static class HtmlPage
{
    /// <summary>Appends the head and the title.</summary>
    /// <param name="page">The page.</param>
    /// <param name="title">Its title, encoded.</param>
    /// <param name="style">Rules besides those of all pages.</param>
    /// <param name="head">Elements of the head besides.</param>
    public static void Begin(StringBuilder page, string title, string style = "", string head = "") => page.Append($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title}</title>
        <style>
        {Resources.Text("page.css")}{style}</style>
        {head}</head>
        <body>
        <h1>{title}</h1>

        """);
}

/// <summary>Texts that are part of the program.</summary>
internal static class Resources
{
    /// <summary>The text of a name.</summary>
    public static string Text(string name)
    {
        using Stream stream = typeof(Resources).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
