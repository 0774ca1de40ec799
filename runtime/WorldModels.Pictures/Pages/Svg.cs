using System.Globalization;
using System.Net;
using System.Text;

namespace WorldModels.Pictures;

/// <summary>Writes shapes as SVG elements. Looks are classes, which the page around it defines; coordinates keep one decimal.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins a drawing of a size in its own units.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    public Svg(int width, int height, string label) =>
        _text.Append($"<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Encode(label)}\">\n");

    /// <summary>Ends the drawing.</summary>
    public override string ToString() => $"{_text}</svg>";

    /// <summary>Begins a group of shapes with the number of a colour, for the page's script.</summary>
    public void Begin(string look, int colour) => _text.Append($"<g class=\"{look}\" data-colour=\"{colour}\">");

    /// <summary>Ends a group.</summary>
    public void End() => _text.Append("</g>\n");

    /// <summary>What a browser shows where the pointer rests on the group.</summary>
    public void Title(string text) => _text.Append($"<title>{Encode(text)}</title>");

    public void Line(string look, double x1, double y1, double x2, double y2) =>
        _text.Append($"<line class=\"{look}\" x1=\"{At(x1)}\" y1=\"{At(y1)}\" x2=\"{At(x2)}\" y2=\"{At(y2)}\"/>\n");

    public void Rectangle(string look, double x, double y, double width, double height) =>
        _text.Append($"<rect class=\"{look}\" x=\"{At(x)}\" y=\"{At(y)}\" width=\"{At(width)}\" height=\"{At(height)}\"/>\n");

    public void Disc(string look, double x, double y, double radius) =>
        _text.Append($"<circle class=\"{look}\" cx=\"{At(x)}\" cy=\"{At(y)}\" r=\"{At(radius)}\"/>");

    public void Polyline(string look, IEnumerable<(double X, double Y)> points) => Path("polyline", look, points);

    public void Polygon(string look, IEnumerable<(double X, double Y)> points) => Path("polygon", look, points);

    /// <summary>A text at its start, middle or end, on its line; upright or reading upwards.</summary>
    public void Text(string text, double x, double y, string anchor = "start", string look = "", bool upwards = false)
    {
        string place = upwards ? $"transform=\"translate({At(x)} {At(y)}) rotate(-90)\"" : $"x=\"{At(x)}\" y=\"{At(y)}\"";
        _text.Append($"<text class=\"{look}\" {place} text-anchor=\"{anchor}\">{Encode(text)}</text>\n");
    }

    private void Path(string element, string look, IEnumerable<(double X, double Y)> points)
    {
        string places = string.Join(' ', points.Select(point => $"{At(point.X)},{At(point.Y)}"));
        _text.Append($"<{element} class=\"{look}\" points=\"{places}\"/>");
    }

    private static string At(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
