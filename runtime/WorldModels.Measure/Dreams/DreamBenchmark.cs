using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>
/// Frames per second of a bundle's dreams, level by level, and of its decoder alone. What is compared with each other runs in turn: the
/// variants, a peer, the real environment.
/// </summary>
internal sealed class DreamBenchmark : IDisposable
{
    /// <summary>The name of our own runner.</summary>
    public const string Runner = "ONNX Runtime";

    private readonly string _directory;
    private readonly BenchmarkOptions _options;
    private readonly IBenchmarkPeer? _peer;
    private readonly Dictionary<string, WorldModel> _worlds = [];
    private readonly WorldModel _plain;
    private readonly Manifest _manifest;
    private readonly double? _peak;

    /// <summary>Opens a bundle in each variant.</summary>
    /// <exception cref="BundleException">It has no world model, or not such a variant or level.</exception>
    public DreamBenchmark(string directory, BenchmarkOptions options, IBenchmarkPeer? peer = null)
    {
        (_directory, _options, _peer) = (directory, options, peer);
        try
        {
            foreach (string variant in options.Variants)
                Open(variant);
            // What is compared with the peer, whose graphs are the plain ones.
            _plain = peer is null ? _worlds.Values.First() : Open(VariantSpec.Plain);
        }
        catch
        {
            Dispose();
            throw;
        }
        _manifest = _plain.Manifest;
        Levels = options.Levels ?? BenchmarkLevels.Of(_manifest);
        foreach (BenchmarkLevel level in Levels)
        {
            if (BenchmarkLevels.Lacks(_manifest, level) is { } lacks)
            {
                throw new BundleException($"Bundle '{directory}' cannot be measured at level {level.Name()}: it has not {lacks}. "
                    + $"It can at {string.Join(", ", BenchmarkLevels.Of(_manifest).Select(BenchmarkLevels.Name))}.");
            }
        }

        _peak = _plain.ProviderReport.Chosen == "cpu" ? MachinePeak.MeasureGflops() : null;
    }

    /// <summary>The levels measured.</summary>
    public IReadOnlyList<BenchmarkLevel> Levels { get; }

    /// <summary>What a dream computes at a level.</summary>
    public static DreamOutputs Outputs(Manifest manifest, BenchmarkLevel level)
    {
        if (level == BenchmarkLevel.Latent)
            return DreamOutputs.None;
        DreamOutputs outputs = DreamOutputs.Arrivals;
        if (manifest.Head(TensorRole.Value) is not null)
            outputs |= DreamOutputs.Values;
        if (level != BenchmarkLevel.Heads && BenchmarkLevels.HasDecoder(manifest))
            outputs |= DreamOutputs.Observations;
        return outputs;
    }

    /// <summary>Measures everything.</summary>
    public BenchmarkReport Run()
    {
        string? without = null;
        EnvironmentSpec? environment = _options.Simulator ? RegisteredEnvironments.Find(_manifest.Environment, out without) : null;
        List<Measurement> measurements = [];
        foreach (int horizon in _options.Horizons)
        {
            foreach (BenchmarkLevel level in Levels)
            {
                foreach (int batch in _options.Batches)
                    measurements.AddRange(Cell(level, batch, horizon, environment));
            }
        }

        if (Levels.Contains(BenchmarkLevel.Pixels))
            measurements.AddRange(Decoder());
        return new()
        {
            Bundle = _manifest.Name,
            Provider = _plain.ProviderReport.ToString(),
            PeakGflops = _peak,
            Note = without,
            Peer = _peer?.Description,
            Measurements = measurements,
        };
    }

    public void Dispose()
    {
        foreach (WorldModel world in _worlds.Values)
            world.Dispose();
    }

    private IReadOnlyList<Measurement> Cell(BenchmarkLevel level, int batch, int horizon, EnvironmentSpec? environment)
    {
        RecordedDream recorded = new(_plain, level, batch, horizon);
        RolloutProgram program = ProgramBuilder.Dream(_directory, _manifest, level, horizon);
        Measurement subject = new()
        {
            What = "dream",
            Level = level.Name(),
            Batch = batch,
            Horizon = horizon,
            FlopsPerFrame = program.FlopsPerFrame(),
        };
        return Contest(subject, recorded, Outputs(_manifest, level), () => [.. Peers(), .. Simulators()]);

        IEnumerable<Contestant> Peers() =>
            _peer is null ? [] : [_peer.Open(program, recorded.Data(program), recorded.Results, subject)];

        IEnumerable<Contestant> Simulators()
        {
            if (environment is null)
                return [];
            bool pictures = level == BenchmarkLevel.Pixels || (level == Levels[^1] && !Levels.Contains(BenchmarkLevel.Pixels));
            int size = _manifest.Observation.PictureShape?[1] ?? EnvironmentBenchmark.PictureSize;
            return EnvironmentBenchmark.Contestants(
                environment, batch, horizon, _manifest.ActionRepeat ?? 1, pictures ? size : null, level.Name());
        }
    }

    private IEnumerable<Measurement> Decoder()
    {
        using DecoderBundle bundle = new(_directory, _manifest);
        using DreamBenchmark decoder = new(bundle.Directory, _options with { Levels = [BenchmarkLevel.Latent] }, _peer);
        RolloutProgram program = ProgramBuilder.Decoder(_directory, _manifest);
        List<Measurement> measurements = [];
        foreach (int batch in _options.Batches)
        {
            RecordedDream recorded = new(_plain, BenchmarkLevel.Latent, batch, horizon: 1, decodes: true);
            Measurement subject = new() { What = "decoder", Batch = batch, Horizon = 1, FlopsPerFrame = program.FlopsPerFrame() };
            measurements.AddRange(decoder.Contest(subject, recorded, DreamOutputs.None, () =>
                _peer is null ? [] : [_peer.Open(program, recorded.Data(program), recorded.Decoded, subject)]));
        }
        return measurements;
    }

    /// <summary>Dreams in each variant, in turn with each other and with others.</summary>
    private IReadOnlyList<Measurement> Contest(
        Measurement subject, RecordedDream recorded, DreamOutputs outputs, Func<IEnumerable<Contestant>> others)
    {
        List<Dream> dreams = [];
        try
        {
            List<Contestant> contestants = [];
            foreach (string variant in _options.Variants)
            {
                Dream dream = _worlds[variant].Dream(subject.Batch, subject.Horizon, _options.Dream with { Outputs = outputs });
                dreams.Add(dream);
                recorded.Start(dream);
                ulong seed = 0;
                recorded.Run(dream, seed).ThrowIfNotFinite();
                Measurement own = subject with
                {
                    Runner = Runner,
                    Variant = variant,
                    Precision = BenchmarkLevels.Precision(_manifest, variant),
                    Plan = $"{dream.Plan}",
                };
                contestants.Add(new LocalContestant(own, () => recorded.Run(dream, seed++)));
            }
            return Measure.Contest.Run([.. contestants, .. others()], _options.Seconds, _peak);
        }
        finally
        {
            foreach (Dream dream in dreams)
                dream.Dispose();
        }
    }

    private WorldModel Open(string variant) => _worlds.TryGetValue(variant, out WorldModel? open)
        ? open : _worlds[variant] = WorldModel.Load(_directory, _options.Runtime with { Variant = variant });
}
