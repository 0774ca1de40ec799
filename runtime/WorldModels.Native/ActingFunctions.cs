using System.Runtime.InteropServices;
using WorldModels.Native.Internals;

namespace WorldModels.Native;

/// <summary>Acting, planning and dreaming, as <c>worldmodels.h</c> documents it. No exception leaves these functions.</summary>
internal static unsafe class ActingFunctions
{
    [UnmanagedCallersOnly(EntryPoint = "wm_act")]
    public static int Act(long model, float* observations, nuint observationCount, float* actions, nuint actionCount)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.Act(
                new() { Data = observations, Count = observationCount }, new NativeArray<float> { Data = actions, Count = actionCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_act_discrete")]
    public static int ActDiscrete(long model, float* observations, nuint observationCount, long* actions, nuint actionCount)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.Act(
                new() { Data = observations, Count = observationCount }, new NativeArray<long> { Data = actions, Count = actionCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_plan")]
    public static int Plan(long model, float* observations, nuint observationCount, float* actions, nuint actionCount)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.Plan(new() { Data = observations, Count = observationCount }, new() { Data = actions, Count = actionCount });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_reset")]
    public static int Reset(long model, int* rows, nuint rowCount)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            if (rows is null)
                use.Target.ResetAll();
            else
                use.Target.Reset(Caller.Rows(rows, rowCount, use.Target.Rows));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_set_task")]
    public static int SetTask(long model, int row, byte* task)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.SetTask(row, Caller.Text(task, "task"));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_values")]
    public static int Values(long model, float* values, nuint count)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.Values(new() { Data = values, Count = count });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_novelty")]
    public static int Novelty(long model, float* novelty, nuint count)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.Novelty(new() { Data = novelty, Count = count });
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_dream")]
    public static int Dream(long model, NativeDreamRequest* request)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            use.Target.DreamOn(Caller.Structure(request, "request"));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }
}
