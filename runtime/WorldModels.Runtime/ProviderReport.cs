namespace WorldModels.Runtime;

/// <summary>Which execution provider runs a bundle's graphs, and why. <see cref="ToString"/> is a sentence for people.</summary>
/// <param name="Requested">What the options asked for.</param>
/// <param name="Chosen">What runs.</param>
/// <param name="PassedOver">Each provider tried before the chosen one, and why it does not work here; empty if the first worked.</param>
public sealed record ProviderReport(string Requested, string Chosen, IReadOnlyDictionary<string, string> PassedOver)
{
    /// <summary>
    /// Of the graphs opened so far those that are not on the device as a whole: it lacks an operator, so that each of their runs crosses to
    /// the CPU and back. Empty if the CPU was chosen. <see cref="GraphPlacement"/> names the nodes.
    /// </summary>
    public IReadOnlyList<string> PartlyOnCpu { get; init; } = [];

    /// <summary>Of the graphs opened so far those whose runs a dream records once and replays.</summary>
    public IReadOnlyList<string> Captured { get; init; } = [];

    /// <summary>Such as <c>cpu (auto: no cuda, directml here)</c> or <c>cuda (as asked), partly on the cpu: dream</c>.</summary>
    public override string ToString()
    {
        string why = Requested != ExecutionProviders.Auto ? "as asked"
            : $"auto: {(PassedOver.Count == 0 ? "the first choice works" : $"no {string.Join(", ", PassedOver.Keys)} here")}";
        return $"{Chosen} ({why}){(PartlyOnCpu.Count == 0 ? "" : $", partly on the cpu: {string.Join(", ", PartlyOnCpu)}")}";
    }
}
