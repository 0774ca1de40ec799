using System.Runtime.InteropServices;

namespace WorldModels.Native.Internals;

/// <summary><c>wm_space</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeSpace
{
    public const int MostAxes = 8;

    public uint StructSize;
    public int Kind;
    public int Count;
    public int Elements;
    public int Axes;
    public fixed int Shape[MostAxes];
    public float Low;
    public float High;
}

/// <summary><c>wm_options</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeOptions
{
    public uint StructSize;
    public int Rows;
    public int Deterministic;
    public int Threads;
    public ulong Seed;
    public byte* Provider;
    public byte* Variant;
    public int PlannerHorizon;
    public int PlannerCandidates;
    public int PlannerElites;
    public int PlannerIterations;
    public int PlannerThreads;
    public int SkipHashes;
}

/// <summary><c>wm_info</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeInfo
{
    public uint StructSize;
    public int Rows;
    public int ActionRepeat;
    public int CanAct;
    public int CanDream;
    public int CanPlan;
    public int SaysNovelty;
    public float NoveltyThreshold;
}

/// <summary><c>wm_floats</c> and <c>wm_longs</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeArray<T> where T : unmanaged
{
    public T* Data;
    public nuint Count;

    /// <summary>Whether the caller gave it, or wants it.</summary>
    public readonly bool IsGiven => Data is not null;

    public readonly Span<T> Of(long expected, string name, string shape) => Caller.Array(Data, Count, expected, name, shape);
}

/// <summary><c>wm_dream_request</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeDreamRequest
{
    public uint StructSize;
    public int Batch;
    public int Horizon;
    public int Threads;
    public ulong Seed;
    public int GoOn;
    public NativeArray<float> Start;
    public NativeArray<float> GivenActions;
    public NativeArray<long> GivenDiscreteActions;
    public NativeArray<float> Rewards;
    public NativeArray<float> Continues;
    public NativeArray<float> Values;
    public NativeArray<float> Observations;
    public NativeArray<float> Actions;
    public NativeArray<long> DiscreteActions;
}

/// <summary><c>wm_env_info</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeEnvironmentInfo
{
    public uint StructSize;
    public double Aspect;
    public double TimeStep;
}

/// <summary><c>wm_step</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeStep
{
    public double Reward;
    public int Terminated;
    public int Truncated;
}

/// <summary><c>wm_arrivals</c> of the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeArrivals
{
    public float* Observations;
    public nuint ObservationCount;
    public float* Rewards;
    public byte* Terminated;
    public byte* Truncated;
    public nuint Rows;
}
