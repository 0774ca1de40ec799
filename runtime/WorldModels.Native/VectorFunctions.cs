using System.Runtime.InteropServices;
using WorldModels.Environments.MuJoCo;
using WorldModels.Native.Internals;

namespace WorldModels.Native;

/// <summary>The functions on simulators in lock step of <c>worldmodels.h</c>, which documents them. No exception leaves them.</summary>
internal static unsafe class VectorFunctions
{
    [UnmanagedCallersOnly(EntryPoint = "wm_vector_make")]
    public static int Make(byte* name, int rows, int actionRepeat, long* vector)
    {
        try
        {
            MuJoCoSuite.Register();
            ref long handle = ref Caller.Result(vector, "vector");
            handle = Handles.Add(new SimulatorRows(Caller.Text(name, "name"), rows, Caller.Repeat(actionRepeat)));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_close")]
    public static int Close(long vector)
    {
        try
        {
            Handles.Close<SimulatorRows>(vector);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_observation_space")]
    public static int ObservationSpace(long vector, NativeSpace* space)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            SpaceTransfer.Write(ref Caller.Structure(space, "space"), use.Target.ObservationSpace);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_action_space")]
    public static int ActionSpace(long vector, NativeSpace* space)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            SpaceTransfer.Write(ref Caller.Structure(space, "space"), use.Target.ActionSpace);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_reset")]
    public static int Reset(long vector, ulong seed, float* observations, nuint observationCount)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            use.Target.Reset(seed, new() { Data = observations, Count = observationCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_step")]
    public static int Step(long vector, float* actions, nuint actionCount, NativeArrivals* arrivals)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            use.Target.Step(new NativeArray<float> { Data = actions, Count = actionCount }, Caller.Result(arrivals, "arrivals"));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_step_discrete")]
    public static int StepDiscrete(long vector, long* actions, nuint actionCount, NativeArrivals* arrivals)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            use.Target.Step(new NativeArray<long> { Data = actions, Count = actionCount }, Caller.Result(arrivals, "arrivals"));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_vector_final_observation")]
    public static int FinalObservation(long vector, int row, float* observation, nuint observationCount)
    {
        try
        {
            using Use<SimulatorRows> use = Handles.Use<SimulatorRows>(vector);
            use.Target.FinalObservation(row, new() { Data = observation, Count = observationCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }
}
