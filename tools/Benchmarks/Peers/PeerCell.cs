using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What the peer is to run beside a contestant of ours: opened, and found to compute the same.</summary>
internal static class PeerCell
{
    /// <summary>Largest |a - b| / (1 + |b|).</summary>
    private const double Tolerance = 1e-4;

    /// <summary>
    /// Where a choice is between nearly equal values, one row in so many may choose otherwise, and differ from there on.
    /// </summary>
    private const int RowsPerChoice = 8;

    private static readonly string[] Choices = ["ArgMax", "Greater", "Less", "Equal", "Sign"];

    /// <summary>Opens programs, which compute the same, in the peer, and compares what they give with what they should.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="programs">The programs by name; the fastest is measured.</param>
    /// <param name="data">What they start from and are given.</param>
    /// <param name="expected">What they should give, (T, rows, ...).</param>
    /// <param name="subject">What they are measured as.</param>
    /// <param name="warmUp">Seconds that each is run, several times, before one is chosen.</param>
    /// <exception cref="BundleException">They give something else.</exception>
    public static IEnumerable<Contestant> Open(GraphPeer peer, IReadOnlyDictionary<string, RolloutProgram> programs,
        IReadOnlyDictionary<string, NpyArray> data, IReadOnlyDictionary<string, NpyArray> expected, Measurement subject, double warmUp)
    {
        Check(peer, programs, data, expected, subject, warmUp, out IReadOnlyDictionary<string, string>? arrangements);
        return [.. GraphPeer.Ways.Select(way => new PeerContestant(
            subject with { Runner = way, Plan = programs.Count > 1 ? arrangements[way] : null }, peer))];
    }

    /// <summary>The same without measuring it afterwards.</summary>
    public static void Check(GraphPeer peer, IReadOnlyDictionary<string, RolloutProgram> programs,
        IReadOnlyDictionary<string, NpyArray> data, IReadOnlyDictionary<string, NpyArray> expected, Measurement subject) =>
        Check(peer, programs, data, expected, subject, warmUp: 0, out _);

    private static void Check(GraphPeer peer, IReadOnlyDictionary<string, RolloutProgram> programs,
        IReadOnlyDictionary<string, NpyArray> data, IReadOnlyDictionary<string, NpyArray> expected, Measurement subject, double warmUp,
        out IReadOnlyDictionary<string, string> arrangements)
    {
        (arrangements, IReadOnlyDictionary<(string Way, string Program, string Value), NpyArray> results) = peer.Open(programs, data, RecordedDream.ComparedRows, warmUp);
        bool chooses = programs.Values.SelectMany(program => program.Calls).Any(call => DreamCost.Operators(call).Any(Choices.Contains));
        int rows = Math.Min(subject.Batch, RecordedDream.ComparedRows), allowed = chooses ? (rows + RowsPerChoice - 1) / RowsPerChoice : 0;
        foreach (string way in GraphPeer.Ways)
        {
            foreach (string program in programs.Keys)
            {
                bool[] diverged = new bool[rows];
                string? first = null;
                int compared = 0;
                foreach ((string name, NpyArray values) in expected)
                {
                    if (!results.TryGetValue((way, program, name), out NpyArray? found))
                        continue;
                    first = Compare(name, values, found, diverged) ?? first;
                    compared++;
                }
                if (expected.Count > 0 && compared == 0)
                {
                    throw new BundleException($"{way} gave nothing of {subject.Group} ({program}) that could be compared with ONNX "
                        + $"Runtime: expected {string.Join(", ", expected.Keys)}.");
                }

                if (diverged.Count(row => row) > allowed)
                {
                    throw new BundleException($"{way} and ONNX Runtime disagree on {subject.Group}, batch {subject.Batch} ({program}): "
                        + $"{first}. A comparison of speed would mean nothing.");
                }
            }
        }
    }

    /// <summary>Marks the rows of which something differs; the first difference.</summary>
    private static string? Compare(string name, NpyArray expected, NpyArray found, bool[] diverged)
    {
        double[] wanted = Numbers(expected), actual = Numbers(found);
        if (wanted.Length != actual.Length)
        {
            diverged.AsSpan().Fill(true);
            return $"{name} is {found.Describe()}, where {expected.Describe()} was expected";
        }
        string? first = null;
        int row = wanted.Length / expected.Shape[0] / diverged.Length;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (Math.Abs(wanted[i] - actual[i]) <= Tolerance * (1 + Math.Abs(wanted[i])))
                continue;
            diverged[i / row % diverged.Length] = true;
            first ??= $"{name} at step {i / row / diverged.Length}, row {i / row % diverged.Length} is {actual[i]:G6}, "
                + $"where {wanted[i]:G6} was expected";
        }
        return first;
    }

    private static double[] Numbers(NpyArray array) => array.Type == NpyType.Int64
        ? [.. array.As<long>().ToArray().Select(x => (double)x)] : [.. array.ToFloats().Select(x => (double)x)];
}
