using System.Runtime.InteropServices;
using System.Text;
using WorldModels.Bundles;
using WorldModels.Native.Internals;
using WorldModels.Runtime;

namespace WorldModels.Native;

/// <summary>The functions on bundles of <c>worldmodels.h</c>, which documents them. No exception leaves them.</summary>
internal static unsafe class ModelFunctions
{
    private static readonly Lazy<nint> Version = new(() => (nint)Caller.Forever(
        $"{typeof(ModelFunctions).Assembly.GetName().Version!.ToString(3)}, ONNX Runtime {ExecutionProviders.NativeVersion}"));

    [UnmanagedCallersOnly(EntryPoint = "wm_last_error")]
    public static byte* Error() => LastError.Text;

    [UnmanagedCallersOnly(EntryPoint = "wm_version")]
    public static byte* Versions()
    {
        try
        {
            return (byte*)Version.Value;
        }
        catch (Exception e)
        {
            LastError.Keep(e);
            return null;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_load")]
    public static int Load(byte* directory, NativeOptions* options, long* model)
    {
        try
        {
            ref long handle = ref Caller.Result(model, "model");
            handle = Handles.Add(Model.Load(Caller.Text(directory, "directory"), ModelOptions.Read(options)));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_share")]
    public static int Share(long model, NativeOptions* options, long* other)
    {
        try
        {
            ref long handle = ref Caller.Result(other, "other");
            using Use<Model> use = Handles.Use<Model>(model);
            handle = Handles.Add(use.Target.Share(ModelOptions.Read(options)));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_close")]
    public static int Close(long model)
    {
        try
        {
            Handles.Close<Model>(model);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_get_info")]
    public static int Info(long model, NativeInfo* info)
    {
        try
        {
            ref NativeInfo result = ref Caller.Structure(info, "info");
            using Use<Model> use = Handles.Use<Model>(model);
            Model target = use.Target;
            result = new()
            {
                StructSize = result.StructSize,
                Rows = target.Rows,
                ActionRepeat = target.Manifest.ActionRepeat ?? 1,
                CanAct = target.CanAct ? 1 : 0,
                CanDream = target.CanDream ? 1 : 0,
                CanPlan = target.CanPlan ? 1 : 0,
                SaysNovelty = target.SaysNovelty ? 1 : 0,
                NoveltyThreshold = (float)(target.Manifest.NoveltyThreshold ?? double.NaN),
            };
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_observation_space")]
    public static int ObservationSpace(long model, NativeSpace* space)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            ObservationSpec spec = use.Target.Manifest.Observation;
            SpaceTransfer.WriteBox(ref Caller.Structure(space, "space"), [.. spec.Shape], Bound(spec.Low), Bound(spec.High));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_action_space")]
    public static int ActionSpace(long model, NativeSpace* space)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            ActionSpec spec = use.Target.Manifest.Action;
            ref NativeSpace result = ref Caller.Structure(space, "space");
            if (spec.Kind == ActionKind.Discrete)
                SpaceTransfer.WriteDiscrete(ref result, spec.Count!.Value);
            else
                SpaceTransfer.WriteBox(ref result, [.. spec.Shape!], Bound(spec.Low!.Value), Bound(spec.High!.Value));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_action_bounds")]
    public static int ActionBounds(long model, float* lows, float* highs, nuint count)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            ActionSpec spec = use.Target.Manifest.Action;
            if (spec.Kind == ActionKind.Discrete)
                throw new ArgumentException("The actions of this bundle are numbered: they have a count, in wm_action_space, and no bounds.");
            Span<float> low = Caller.Array(lows, count, spec.Size, "lows", "(action)");
            Span<float> high = Caller.Array(highs, count, spec.Size, "highs", "(action)");
            for (int i = 0; i < spec.Size; i++)
                (low[i], high[i]) = (Bound(spec.LowOf(i)), Bound(spec.HighOf(i)));
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "wm_text")]
    public static int Text(long model, int kind, byte* text, nuint capacity, nuint* length)
    {
        try
        {
            using Use<Model> use = Handles.Use<Model>(model);
            string said = kind switch
            {
                0 => use.Target.Manifest.Name,
                1 => use.Target.Manifest.Algorithm,
                2 => use.Target.Manifest.Environment,
                3 => use.Target.Provider,
                4 => use.Target.Manifest.ToJson(),
                _ => throw new ArgumentException($"There is no text of kind {kind}: give a wm_text_kind, 0 to 4."),
            };
            int bytes = Encoding.UTF8.GetByteCount(said);
            if (length is not null)
                *length = (nuint)bytes;
            if (text is null && length is null)
                throw new ArgumentException("'text' and 'length' are NULL: give one of them.");
            if (text is null)
                return (int)Status.Ok;
            if (capacity <= (nuint)bytes)
                throw new ArgumentException($"'text' has {capacity} bytes: expected {bytes + 1}, the terminating zero with them.");
            Encoding.UTF8.GetBytes(said, new Span<byte>(text, bytes));
            text[bytes] = 0;
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Keep(e);
        }
    }

    /// <summary>JSON has no infinity: the largest numbers stand for none.</summary>
    private static float Bound(double bound) =>
        bound <= float.MinValue ? float.NegativeInfinity : bound >= float.MaxValue ? float.PositiveInfinity : (float)bound;
}
