using System.Diagnostics;
using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train;

/// <summary>
/// A recipe in plain PyTorch, in a process of its own, one thread.
/// </summary>
internal sealed class PyTorchPeer : IDisposable
{
    private readonly string _folder;
    private readonly Process _python;

    /// <param name="script">An embedded script: it prints PyTorch's version, then answers each line with seconds.</param>
    /// <param name="arguments">Its arguments, made in a folder for what they name.</param>
    /// <exception cref="UserException">There is no python3 with torch and numpy.</exception>
    private PyTorchPeer(string script, Func<string, IEnumerable<string>> arguments)
    {
        string python = PythonPeer.Find() ?? throw new UserException(
            "There is no python3 to run PyTorch. Install both (Debian: apt install python3-torch), or leave out --peer.");
        _folder = Directory.CreateTempSubdirectory("worldmodels-peer-").FullName;
        string path = PythonPeer.Extract(typeof(PyTorchPeer), script, _folder);
        ProcessStartInfo start = PythonPeer.Prepare(python, [path, .. arguments(_folder)]);
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

    /// <summary>A2C on recorded frames: it need not step an environment. Ways: learn anew, keep acting's gradients.</summary>
    public static PyTorchPeer A2C(A2COptions options) => new("a2c_peer.py", folder =>
    {
        string frames = Path.Combine(folder, "frames.npy");
        Record(options, frames);
        return [frames, $"{options.Environments}", $"{options.Steps}"];
    });

    /// <summary>
    /// The world model's step on drawn sequences, as it is usually written, or with this project's order of operations.
    /// </summary>
    public static PyTorchPeer WorldModel(LatentOptions options, int observation, int action) => new("rssm_peer.py", _ =>
        new[]
        {
            options.Batch, options.Length, observation, action,
            options.Deterministic, options.Stochastic, options.Hidden, options.Embedding,
            options.EncoderLayers, options.EncoderUnits, options.RewardLayers, options.HeadUnits,
        }.Select(number => $"{number}"));

    /// <summary>Makes some updates in one of the recipe's ways; the seconds they took.</summary>
    public double Run(int updates, int way)
    {
        _python.StandardInput.WriteLine($"{updates} {way}");
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

    private static void Record(A2COptions options, string path)
    {
        const int Steps = 200;
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(options.Env, options.Environments);
        int[] shape = ((Box)games.ObservationSpace).Shape;
        int size = games.Count * games.ObservationSpace.Size;
        float[] frames = new float[Steps * size], rewards = new float[games.Count];
        bool[] terminated = new bool[games.Count], truncated = new bool[games.Count];
        long[] actions = new long[games.Count];
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
