using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>How a graph met its reference.</summary>
public sealed record GraphVerification
{
    /// <summary>The graph's name.</summary>
    public required string Graph { get; init; }

    /// <summary>The variant it belongs to, or "plain".</summary>
    public string Variant { get; init; } = VariantSpec.Plain;

    /// <summary>Steps compared: 1, or the length of the recorded rollout.</summary>
    public required int Steps { get; init; }

    /// <summary>Whether this is the recorded rollout, each step fed the reference's own inputs.</summary>
    public required bool IsRollout { get; init; }

    /// <summary>Rows compared, over all steps.</summary>
    public required int Rows { get; init; }

    /// <summary>Largest |a - b| / (1 + |b|) over float outputs, near ties aside.</summary>
    public required double MaxError { get; init; }

    /// <summary>Discrete draws compared, over all rows and steps: one for each group of classes.</summary>
    public long Draws { get; init; }

    /// <summary>Discrete draws that differ at a near tie, where <see cref="BundleVerifier"/> allows it.</summary>
    public required int NearTies { get; init; }

    /// <summary>
    /// Largest |a - b| / (1 + |b|) when the rollout feeds on its own states instead, for information. A row counts until it draws otherwise
    /// at a near tie: from there on it imagines something else. Null when not a rollout, or when the graph has no state to feed.
    /// </summary>
    public double? Drift { get; init; }

    /// <summary>What differs; empty when the graph passed.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>Whether every output met its reference.</summary>
    public bool Passed => Failures.Count == 0;

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        string name = Variant == VariantSpec.Plain ? Graph : $"{Graph} ({Variant})";
        string what = IsRollout ? $"{name}, rollout of {Steps}" : $"{name}, one step";
        string drift = Drift is { } d ? $", free-running drift {d:0.0e+0}" : "";
        string rest = $"max error {MaxError:0.0e+0}, near ties {NearTies} of {Draws} draws{drift}";
        return Passed ? $"{what}: ok, {rest}" : $"{what}: FAILED, {rest}\n  - {string.Join("\n  - ", Failures)}";
    }
}

/// <summary>What verification of a bundle found.</summary>
/// <param name="Manifest">The bundle's manifest; it, the files' hashes, and every graph's names and types were right.</param>
/// <param name="Provider">Which execution provider ran it, and why.</param>
/// <param name="Graphs">Each comparison made.</param>
/// <param name="Unverified">Graphs for which no reference travels in the bundle.</param>
public sealed record VerificationReport(
    Manifest Manifest, ProviderReport Provider, IReadOnlyList<GraphVerification> Graphs, IReadOnlyList<string> Unverified)
{
    /// <summary>Whether every comparison passed, and there was one.</summary>
    public bool Passed => Graphs.Count > 0 && Graphs.All(g => g.Passed);

    /// <summary>The report, a line a comparison.</summary>
    public override string ToString()
    {
        List<string> lines = new List<string> { $"{Manifest.Name}: {(Passed ? "verified" : "NOT verified")} on {Provider}" };
        lines.AddRange(Graphs.Select(g => "  " + g.ToString().Replace("\n", "\n  ")));
        if (Unverified.Count > 0)
            lines.Add($"  no reference for: {string.Join(", ", Unverified)}");
        return string.Join("\n", lines);
    }
}

/// <summary>
/// Checks a bundle on this machine, without the network's training code: hashes, names, types, then each graph against the reference inputs
/// and outputs that travel in its parity file. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Numbers agree if |a - b| / (1 + |b|) is at most the manifest's tolerance. Discrete draws have a rule of their own, for a draw falls on
/// one side or the other, however small the rounding that decides:
/// </para>
/// <list type="bullet">
/// <item>A draw is the class with the largest of the perturbed logits: logits plus Gumbel noise, or logits alone where the graph takes
/// their best. An output of logits (B, ..., classes) makes one draw for each row and group of classes: 32 groups of 32 classes are
/// 32 draws a row.</item>
/// <item>A draw may differ from the reference's only at a near tie: its logits agree within the tolerance, and in the reference both
/// classes, the one drawn here and the one drawn there, are within 1e-4 of the largest perturbed logit. (The manifest may ask for less.)
/// Any other flip fails.</item>
/// <item>After a near tie the row is judged no further: what follows from another draw differs lawfully. That is the rest of its step;
/// the next step is fed the reference's own states, and judged again.</item>
/// <item>Near ties are counted, and more than 1 in 10,000 of all draws that a form of the graphs made fail it.</item>
/// </list>
/// <para>
/// A variant of less precision that has a tolerance of its own is held to that instead: a near tie is four times the tolerance, and near
/// ties are counted without a limit.
/// </para>
/// <para>
/// The parity file holds <c>graph/inputs/tensor</c> and <c>graph/outputs/tensor</c> (B, ...) for one step, and
/// <c>rollout/graph/inputs/tensor</c> and <c>rollout/graph/outputs/tensor</c> (T, B, ...) for a rollout.
/// </para>
/// </remarks>
public static class BundleVerifier
{
    private const long DrawsForEachNearTie = 10_000;

    /// <summary>Verifies a bundle: its plain graphs and all its variants, or those that the options name.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">Provider, threads and variant; hashes are always compared.</param>
    /// <exception cref="BundleException">The bundle cannot be loaded, or its parity file does not fit it.</exception>
    public static VerificationReport Verify(string directory, RuntimeOptions? options = null)
    {
        using Bundle bundle = new Bundle(directory, (options ?? new()) with { VerifyHashes = true });
        bundle.Open(bundle.Manifest.Graphs.Keys.First()); // Decides the provider.
        List<(string Form, string Graph)> forms = Forms(bundle, options?.Variant ?? VariantSpec.Auto);
        foreach ((string form, string graph) in forms)
            bundle.Open(graph, form);
        ParitySpec spec = bundle.Manifest.Parity ?? throw new BundleException(
            $"Bundle '{directory}' has no parity file to verify against: its manifest has no member 'parity'. Export it again with one, "
            + $"or add one that is made here: tools adopt {directory}");
        string path = Path.Combine(directory, spec.File);
        Dictionary<string, NpyArray> arrays = BundleException.Reading(() => Npz.Read(path));
        Check(bundle.Manifest, path, arrays.Keys);
        List<GraphVerification> results = new List<GraphVerification>();
        foreach ((string form, string name) in forms)
        {
            GraphRunner runner = new GraphRunner(bundle.Open(name, form));
            ParitySpec allowed = Allowed(spec, bundle.Manifest.Variants?.GetValueOrDefault(form));
            foreach (string prefix in (string[])["", "rollout/"])
            {
                if (Parity.Read(path, arrays, prefix, runner) is { } parity)
                    results.Add(parity.Compare(allowed) with { Variant = form });
            }
        }
        results = [.. results.GroupBy(r => r.Variant).SelectMany(form =>
            IsCoarse(bundle.Manifest.Variants?.GetValueOrDefault(form.Key)) ? form : Counted([.. form]))];
        foreach (GraphVerification tied in results.Where(r => r.NearTies > 0))
            RuntimeLog.NearTies(bundle.Logger, directory, tied.Graph, tied.Variant, tied.NearTies, tied.Draws);
        IEnumerable<string> notVerified = bundle.Manifest.Graphs.Keys.Where(g => results.All(r => r.Graph != g))
            .Concat((bundle.Manifest.Variants?.Keys ?? [])
                .Where(v => options?.Variant is null or VariantSpec.Auto && forms.All(f => f.Form != v))
                .Select(v => $"variant {v} (not for the {bundle.Report!.Chosen})"))
            .Concat((bundle.Manifest.Variants ?? new Dictionary<string, VariantSpec>())
                .SelectMany(v => v.Value.Unrolled?.Select(u => $"{u.Value.Steps} steps of {u.Key} ({v.Key})") ?? []));
        return new(bundle.Manifest, bundle.Report!, results, [.. notVerified]);
    }

    /// <summary>What to verify; 16-bit variants only by name where the CPU runs the bundle, which refuses them.</summary>
    private static List<(string Form, string Graph)> Forms(Bundle bundle, string wanted)
    {
        List<(string, string)> forms = new List<(string, string)>();
        if (wanted is VariantSpec.Auto or VariantSpec.Plain)
            forms.AddRange(bundle.Manifest.Graphs.Keys.Select(g => (VariantSpec.Plain, g)));
        foreach ((string name, VariantSpec variant) in bundle.Manifest.Variants ?? new Dictionary<string, VariantSpec>())
        {
            bool half = variant.Precision is Precision.Float16 or Precision.BFloat16;
            if (bundle.Forms.Contains(name) || (wanted == VariantSpec.Auto && !(half && bundle.Report!.Chosen == "cpu")))
                forms.AddRange(variant.Graphs.Keys.Select(g => (name, g)));
        }
        return forms;
    }

    private static ParitySpec Allowed(ParitySpec spec, VariantSpec? variant) => spec with
    {
        Tolerance = variant?.Tolerance ?? spec.Tolerance,
        NearTies = IsCoarse(variant)
            ? Math.Max(spec.NearTies, 4 * variant!.Tolerance!.Value) : Math.Min(spec.NearTies, ParitySpec.MostNearTies),
    };

    private static bool IsCoarse(VariantSpec? variant) => variant is { Tolerance: not null, Precision: not Precision.Float32 };

    /// <summary>A form's comparisons; those with near ties fail if there are too many among the draws of all.</summary>
    private static IEnumerable<GraphVerification> Counted(IReadOnlyList<GraphVerification> form)
    {
        long draws = form.Sum(g => g.Draws), nearTies = form.Sum(g => g.NearTies);
        if (nearTies * DrawsForEachNearTie <= draws)
            return form;
        string most = DrawsForEachNearTie.ToString("N0", CultureInfo.InvariantCulture);
        string failure = $"near ties: {nearTies} of {draws} draws of all graphs together, allowed 1 of {most}";
        return form.Select(g => g.NearTies == 0 ? g : g with { Failures = [.. g.Failures, failure] });
    }

    /// <summary>A reference that nothing would look at is a mistake of the export, so it is said.</summary>
    private static void Check(Manifest manifest, string path, IEnumerable<string> names)
    {
        List<string> problems = new List<string>();
        foreach (string name in names)
        {
            string[] parts = (name.StartsWith("rollout/", StringComparison.Ordinal) ? name[8..] : name).Split('/', 3);
            GraphSpec? graph = parts.Length == 3 ? manifest.Graphs.GetValueOrDefault(parts[0]) : null;
            IReadOnlyList<TensorSpec>? tensors = graph is null ? null : parts[1] switch { "inputs" => graph.Inputs, "outputs" => graph.Outputs, _ => null };
            if (tensors is null || tensors.All(t => t.Name != parts[2]))
                problems.Add($"array '{name}' belongs to no tensor of a graph");
        }
        if (problems.Count > 0)
            throw BundleException.Of($"'{path}'", problems);
    }
}
