using System.Diagnostics;
using System.Globalization;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Train.A2C;

namespace WorldModels.Train;

/// <summary>
/// The A2C recipe in plain PyTorch, in a process of its own, on frames recorded from random play: it need not step an environment. Freed
/// memory is kept there as it is here.
/// </summary>
internal sealed class PyTorchPeer : IDisposable
{
    private const string Script = "a2c_peer.py";

    private readonly string _folder;
    private readonly Process _python;

    /// <exception cref="UserException">There is no python3 with torch and numpy.</exception>
    public PyTorchPeer(A2COptions options)
    {
        string python = Python();
        _folder = Directory.CreateTempSubdirectory("worldmodels-peer-").FullName;
        string frames = Path.Combine(_folder, "frames.npy");
        Record(options, frames);
        string script = Path.Combine(_folder, Script);
        using (Stream text = typeof(PyTorchPeer).Assembly.GetManifestResourceStream(Script)!)
        using (FileStream file = File.Create(script))
            text.CopyTo(file);
        var start = new ProcessStartInfo(python, [script, frames, $"{options.Environments}", $"{options.Steps}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in NativeMemory.Environment)
            start.Environment[name] = value;
        _python = Process.Start(start)!;
        if (_python.StandardOutput.ReadLine() is { } version)
        {
            Version = version;
            return;
        }
        string error = _python.StandardError.ReadToEnd().Trim().Split('\n')[^1];
        Dispose();
        throw new UserException($"PyTorch does not run: {error}. Install it (Debian: apt install python3-torch), or leave out --peer.");
    }

    /// <summary>PyTorch's version.</summary>
    public string Version { get; }

    /// <summary>Makes some updates, with the gradients of acting kept or everything computed again; the seconds they took.</summary>
    public double Run(int updates, bool keep)
    {
        _python.StandardInput.WriteLine($"{updates} {(keep ? 1 : 0)}");
        _python.StandardInput.Flush();
        string line = _python.StandardOutput.ReadLine()
            ?? throw new UserException($"PyTorch stopped: {_python.StandardError.ReadToEnd().Trim().Split('\n')[^1]}");
        return double.Parse(line, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The system's python3, whose packages apt installs, or the first on the path.</summary>
    private static string Python() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend("/usr/bin")
            .Select(folder => Path.Combine(folder, "python3")).FirstOrDefault(File.Exists)
        ?? throw new UserException(
            "There is no python3 to run PyTorch. Install both (Debian: apt install python3-torch), or leave out --peer.");

    private static void Record(A2COptions options, string path)
    {
        const int Steps = 200;
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(options.Env, options.Environments);
        int[] shape = ((Box)games.ObservationSpace).Shape;
        int size = games.Count * games.ObservationSpace.Size;
        float[] frames = new float[Steps * size], rewards = new float[games.Count];
        bool[] terminated = new bool[games.Count], truncated = new bool[games.Count];
        var actions = new long[games.Count];
        games.Reset((ulong)options.Seed, frames.AsSpan(0, size));
        for (int step = 1; step < Steps; step++)
        {
            for (int row = 0; row < actions.Length; row++)
                actions[row] = Philox.NextInt(new NoiseKey((ulong)options.Seed, (uint)row, (uint)step, 0), ((Discrete)games.ActionSpace).N);
            games.Step(actions, frames.AsSpan(step * size, size), rewards, terminated, truncated);
        }
        using FileStream file = File.Create(path);
        Npy.Write(file, NpyArray.Of(frames, [Steps * games.Count, .. shape]));
    }
}
