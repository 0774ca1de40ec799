using System.Net;
using System.Text.RegularExpressions;

namespace WorldModels.Tests;

/// <summary>A sample of the documentation that a test runs: it stands in both places word for word.</summary>
internal static partial class DocumentedSample
{
    /// <summary>
    /// Asserts that the code between <c>// &lt;NAME&gt;</c> and <c>// &lt;/NAME&gt;</c> of a test is the first code of a source's documentation.
    /// </summary>
    /// <param name="name">The sample's.</param>
    /// <param name="test">The test's file, from the repository's root.</param>
    /// <param name="source">The source's file, from the repository's root.</param>
    public static void AssertSame(string name, string test, string source)
    {
        string run = File.ReadAllText(Path.Combine(Repository.Root, test)), text = File.ReadAllText(Path.Combine(Repository.Root, source));
        string sample = Regex.Match(run, $"// <{name}>\n(.*?)\n *// </{name}>", RegexOptions.Singleline).Groups[1].Value;
        string documented = Regex.Match(text, "/// <code>\n(.*?)\n/// </code>", RegexOptions.Singleline).Groups[1].Value;
        Assert.That(sample, Is.Not.Empty);
        Assert.That(Margin().Replace(WebUtility.HtmlDecode(documented), ""), Is.EqualTo(Indent().Replace(sample, "")));
    }

    [GeneratedRegex("^/// ?", RegexOptions.Multiline)]
    private static partial Regex Margin();

    [GeneratedRegex("^ {8}", RegexOptions.Multiline)]
    private static partial Regex Indent();
}
