using System.Runtime.InteropServices;
using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Native.Internals;

namespace WorldModels.Native;

/// <summary>The functions on simulators of <c>worldmodels.h</c>, which documents them. No exception leaves them.</summary>
internal static unsafe class EnvironmentFunctions
{
    private static readonly Lazy<nint[]> Names = new(() =>
    {
        MuJoCoSuite.Register();
        return [.. EnvironmentRegistry.All.Select(spec => (nint)Caller.Forever(spec.Name))];
    });

    [UnmanagedCallersOnly(EntryPoint = "wm_env_count")]
    public static int Count() => Names.Value.Length;

    [UnmanagedCallersOnly(EntryPoint = "wm_env_name")]
    public static byte* Name(int index) => index < 0 || index >= Names.Value.Length ? null : (byte*)Names.Value[index];

    [UnmanagedCallersOnly(EntryPoint = "wm_env_make")]
    public static int Make(byte* name, int actionRepeat, long* environment)
    {
        try
        {
            MuJoCoSuite.Register();
            ref long handle = ref Caller.Result(environment, "env");
            handle = Handles.Add(new Simulator(Caller.Text(name, "name"), Caller.Repeat(actionRepeat)));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_close")]
    public static int Close(long environment)
    {
        try
        {
            Handles.Close<Simulator>(environment);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_observation_space")]
    public static int ObservationSpace(long environment, NativeSpace* space)
    {
        try
        {
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            SpaceTransfer.Write(ref Caller.Structure(space, "space"), use.Target.ObservationSpace);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_action_space")]
    public static int ActionSpace(long environment, NativeSpace* space)
    {
        try
        {
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            SpaceTransfer.Write(ref Caller.Structure(space, "space"), use.Target.ActionSpace);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_get_info")]
    public static int Info(long environment, NativeEnvironmentInfo* info)
    {
        try
        {
            ref NativeEnvironmentInfo result = ref Caller.Structure(info, "info");
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            (result.Aspect, result.TimeStep) = (use.Target.Aspect, use.Target.TimeStep);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_reset")]
    public static int Reset(long environment, ulong* seed, float* observation, nuint observationCount)
    {
        try
        {
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            use.Target.Reset(seed is null ? null : *seed, new() { Data = observation, Count = observationCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_step")]
    public static int Step(
        long environment, float* action, nuint actionCount, float* observation, nuint observationCount, NativeStep* step)
    {
        try
        {
            ref NativeStep result = ref Caller.Result(step, "step");
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            result = Said(use.Target.Step(
                new NativeArray<float> { Data = action, Count = actionCount }, new() { Data = observation, Count = observationCount }));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_step_discrete")]
    public static int StepDiscrete(long environment, long action, float* observation, nuint observationCount, NativeStep* step)
    {
        try
        {
            ref NativeStep result = ref Caller.Result(step, "step");
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            result = Said(use.Target.Step(action, new() { Data = observation, Count = observationCount }));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_env_render")]
    public static int Render(long environment, int width, int height, byte* rgb, nuint count)
    {
        try
        {
            using Use<Simulator> use = Handles.Use<Simulator>(environment);
            use.Target.Render(width, height, rgb, count);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    private static NativeStep Said(StepResult result) => new()
    {
        Reward = result.Reward, Terminated = result.Terminated ? 1 : 0, Truncated = result.Truncated ? 1 : 0,
    };
}
