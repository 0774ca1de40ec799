using System.Diagnostics;
using System.Text;
using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// A bundle's graphs in PyTorch, operator by operator, in a process of its own, one thread.
/// </summary>
internal sealed class GraphPeer : IBenchmarkPeer, IDisposable
{
    /// <summary>The ways to run a graph, by the name of their measurements.</summary>
    public const string Eager = "PyTorch eager", Script = "TorchScript";

    /// <summary>What installs all that it needs, on Debian.</summary>
    public const string Install = "apt-get update && apt-get install -y --no-install-recommends python3-torch python3-onnx";

    private const string Program = "torch_peer.py";
    private static readonly string[] Scripts = [Program, "torch_graph.py"];

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _folder = Directory.CreateTempSubdirectory("worldmodels-peer-").FullName;
    private readonly Process _python;
    private readonly StringBuilder _complaints = new();
    private int _opened;

    /// <summary>Starts it.</summary>
    /// <param name="python">The interpreter; null: the system's python3, or the first on the path.</param>
    /// <exception cref="BundleException">There is no python3 with torch and onnx.</exception>
    public GraphPeer(string? python = null)
    {
        string interpreter = python ?? PythonPeer.Find() ?? throw new BundleException($"There is no python3 to run PyTorch. {Advice}");
        foreach (string script in Scripts)
            PythonPeer.Extract(typeof(GraphPeer), script, _folder);
        ProcessStartInfo start = PythonPeer.Prepare(interpreter, ["-B", Path.Combine(_folder, Program)]);
        try
        {
            _python = Process.Start(start)!;
        }
        catch (SystemException e) // Win32Exception, whatever the system
        {
            Directory.Delete(_folder, recursive: true);
            throw new BundleException($"'{interpreter}' cannot be started ({e.Message}). {Advice}", e);
        }
        _python.ErrorDataReceived += (_, line) =>
        {
            lock (_complaints)
                _complaints.AppendLine(line.Data);
        };
        _python.BeginErrorReadLine();
        try
        {
            Hello hello = Answer<Hello>(_python.StandardOutput.ReadLine(), problem => $"PyTorch does not run: {problem} {Advice}");
            Description = $"PyTorch {hello.Version}, {hello.Blas}, one thread";
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Versions, and the BLAS with its kernels.</summary>
    public string Description { get; }

    /// <summary>
    /// Makes programs ready, which compute the same in different arrangements; the fastest of each way is what slices run.
    /// </summary>
    /// <param name="programs">The programs by name.</param>
    /// <param name="data">The values they start from and are given.</param>
    /// <param name="rows">Rows that come back of what they give.</param>
    /// <param name="warmUp">Seconds that each is run, several times, before one is chosen.</param>
    /// <returns>
    /// The chosen program of each way; and what each program gives in each way, states and kept values by name, (T, rows, ...).
    /// </returns>
    /// <exception cref="BundleException">A graph has an operator that the peer does not know, or it failed.</exception>
    public (IReadOnlyDictionary<string, string> Arrangements,
        IReadOnlyDictionary<(string Way, string Program, string Value), NpyArray> Results) Open(
        IReadOnlyDictionary<string, RolloutProgram> programs, IReadOnlyDictionary<string, NpyArray> data, int rows, double warmUp)
    {
        string given = Path.Combine(_folder, $"data-{++_opened}.npz"), made = Path.Combine(_folder, $"results-{_opened}.npz");
        Npz.Write(given, data, compress: false);
        Opened opened = Ask<Opened>(new { Open = programs, Data = given, Results = made, Rows = rows, WarmUp = warmUp, Ways });
        Dictionary<string, NpyArray> arrays = Npz.Read(made);
        File.Delete(given);
        File.Delete(made);
        Dictionary<(string, string, string), NpyArray> results = [];
        foreach (string way in Ways)
        {
            foreach ((string program, RolloutProgram plan) in programs)
            {
                foreach (string value in plan.States.Concat(plan.Keep).Concat(plan.After.SelectMany(call => call.Outputs.Values)))
                    results[(way, program, value)] = arrays[$"{way}/{program}/{value}"];
            }
        }

        return (opened.Arrangements, results);
    }

    /// <inheritdoc/>
    public IEnumerable<Contestant> Contestants(IReadOnlyDictionary<string, RolloutProgram> programs,
        IReadOnlyDictionary<string, NpyArray> data, IReadOnlyDictionary<string, NpyArray> expected, Measurement subject, double warmUp) =>
        PeerCell.Open(this, programs, data, expected, subject, warmUp);

    /// <summary>The names of the ways.</summary>
    public static IReadOnlyList<string> Ways { get; } = [Eager, Script];

    /// <summary>Repeats what was opened last in one way.</summary>
    /// <returns>The wall seconds of each call, and the CPU seconds of the process for all.</returns>
    public (double[] Calls, double Cpu) Slice(string way, double seconds)
    {
        Sliced sliced = Ask<Sliced>(new { Slice = seconds, Way = way });
        return (sliced.Calls, sliced.Cpu);
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Advice =>
        $"Install it (Debian, as root): {Install}. Or name another interpreter by --python, or leave out --peer.";

    private T Ask<T>(object request) where T : Reply
    {
        _python.StandardInput.WriteLine(JsonSerializer.Serialize(request, Json));
        _python.StandardInput.Flush();
        return Answer<T>(_python.StandardOutput.ReadLine(), problem => $"The PyTorch peer stopped: {problem}");
    }

    private T Answer<T>(string? line, Func<string, string> stopped) where T : Reply
    {
        if (line is null)
        {
            _python.WaitForExit();
            string last;
            lock (_complaints)
                last = _complaints.ToString().Trim().Split('\n')[^1].Trim().TrimEnd('.');
            throw new BundleException(stopped($"{(last.Length > 0 ? last : $"it ended with exit code {_python.ExitCode}")}."));
        }
        T answer = JsonSerializer.Deserialize<T>(line, Json)!;
        return answer.Error is null ? answer : throw new BundleException($"{answer.Error}. Leave out --peer.");
    }

    private record Reply
    {
        public string? Error { get; init; }
    }

    private sealed record Hello : Reply
    {
        public string Version { get; init; } = "";

        public string Blas { get; init; } = "";
    }

    private sealed record Opened : Reply
    {
        public Dictionary<string, string> Arrangements { get; init; } = [];
    }

    private sealed record Sliced : Reply
    {
        public double[] Calls { get; init; } = [];

        public double Cpu { get; init; }
    }
}
