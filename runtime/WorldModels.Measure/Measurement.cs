namespace WorldModels.Measure;

/// <summary>How fast one thing ran. A frame is one step of one row.</summary>
public sealed record Measurement
{
    /// <summary>What ran: "dream", "decoder", "controller", "simulator" or "simulator with pictures".</summary>
    public required string What { get; init; }

    /// <summary>How much of a dream it was, or what was measured beside it: a name of <see cref="BenchmarkLevel"/>; else null.</summary>
    public string? Level { get; init; }

    /// <summary>Who ran it, where there are several: "ONNX Runtime", "TorchSharp eager".</summary>
    public string? Runner { get; init; }

    /// <summary>The form of the graphs that was asked for: "auto", "plain" or a variant's name; null: there is no choice.</summary>
    public string? Variant { get; init; }

    /// <summary>What that variant computes with inside, such as "int8"; null: float32.</summary>
    public string? Precision { get; init; }

    /// <summary>How the runner went about it, for people.</summary>
    public string? Plan { get; init; }

    /// <summary>Rows that ran side by side, B.</summary>
    public required int Batch { get; init; }

    /// <summary>Steps of one call. A time per step is the time of a call divided by this.</summary>
    public required int Horizon { get; init; }

    /// <summary>Calls that were timed.</summary>
    public int Calls { get; init; }

    /// <summary>Median time of a step of all rows, seconds.</summary>
    public double StepMedian { get; init; }

    /// <summary>Time of a step of all rows that 99 % of the calls stayed below, seconds.</summary>
    public double StepP99 { get; init; }

    /// <summary>Frames per second of CPU time of the runner's whole process: the median over the slices of time it ran in.</summary>
    public double FramesPerCpuSecond { get; init; }

    /// <summary>Managed memory that the calling thread allocated per step, bytes; null: it ran in another process.</summary>
    public double? BytesPerStep { get; init; }

    /// <summary>Bytes of state that a row takes from step to step; null: it was not asked for.</summary>
    public long? StateBytes { get; init; }

    /// <summary>Floating-point operations of a frame (a multiply-add counts two), where they could be counted.</summary>
    public double? FlopsPerFrame { get; init; }

    /// <summary>Share of one core's measured peak that each second of CPU time reached, on the CPU.</summary>
    public double? PeakShare { get; init; }

    /// <summary>
    /// How many times as fast per CPU second as each peer that was measured in turn with it: the median of the rounds' ratios.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Ratios { get; init; }

    /// <summary>Frames per second of wall time, at the median.</summary>
    public double FramesPerSecond => Batch / StepMedian;

    /// <summary>Floating-point operations per second of wall time, in billions.</summary>
    public double? Gflops => FlopsPerFrame * FramesPerSecond / 1e9;

    /// <summary>Who is compared: the runner with its variant, or the simulator.</summary>
    public string Contestant => Runner is null ? What : Variant is null ? Runner : $"{Runner}, {Variant}";

    /// <summary>What is compared with each other: a level of the dream, the decoder, the controller.</summary>
    public string Group => Level ?? What;
}
