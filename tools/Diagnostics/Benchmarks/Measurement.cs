namespace WorldModels.Diagnostics;

/// <summary>How fast one thing ran. A frame is one step of one row.</summary>
public sealed record Measurement
{
    /// <summary>What ran: "dream", "simulator" or "controller".</summary>
    public required string What { get; init; }

    /// <summary>Rows that ran side by side, B.</summary>
    public required int Batch { get; init; }

    /// <summary>Steps of one call. A time per step is the time of a call divided by this.</summary>
    public required int Horizon { get; init; }

    /// <summary>Calls that were timed.</summary>
    public required int Calls { get; init; }

    /// <summary>Median time of a step of all rows, seconds.</summary>
    public required double StepMedian { get; init; }

    /// <summary>Time of a step of all rows that 99 % of the calls stayed below, seconds.</summary>
    public required double StepP99 { get; init; }

    /// <summary>Frames per second of CPU time of the whole process, over all calls.</summary>
    public required double FramesPerCpuSecond { get; init; }

    /// <summary>Managed memory that the calling thread allocated per step, bytes.</summary>
    public required double BytesPerStep { get; init; }

    /// <summary>Floating-point operations of a frame (a multiply-add counts two), where they could be counted.</summary>
    public double? FlopsPerFrame { get; init; }

    /// <summary>Share of one core's measured peak that each second of CPU time reached, on the CPU.</summary>
    public double? PeakShare { get; init; }

    /// <summary>Frames per second of wall time, at the median.</summary>
    public double FramesPerSecond => Batch / StepMedian;

    /// <summary>Floating-point operations per second of wall time, in billions.</summary>
    public double? Gflops => FlopsPerFrame * FramesPerSecond / 1e9;
}
