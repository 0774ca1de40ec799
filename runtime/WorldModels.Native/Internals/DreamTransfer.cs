using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Native.Internals;

/// <summary>Between a dream and the arrays of a request.</summary>
internal static class DreamTransfer
{
    /// <summary>Says where the next run starts.</summary>
    public static void Begin(Dream dream, Manifest manifest, in NativeDreamRequest request)
    {
        int size = manifest.Observation.Size;
        if (request.GoOn != 0)
            dream.Continue();
        else if (request.Start.IsGiven)
            dream.Start(request.Start.Of((long)dream.Batch * size, "start", "(B, observation)"));
        else
            dream.Start([]);
    }

    /// <summary>Runs along the given actions, or those of the policy.</summary>
    public static DreamBatch Run(Dream dream, Manifest manifest, in NativeDreamRequest request)
    {
        bool discrete = manifest.Action.Kind == ActionKind.Discrete;
        if (discrete ? request.GivenActions.IsGiven : request.GivenDiscreteActions.IsGiven)
        {
            throw new ArgumentException(discrete
                ? "The actions of this bundle are numbered: give given_discrete_actions."
                : "The actions of this bundle are continuous: give given_actions.");
        }
        if (request.GivenDiscreteActions.IsGiven)
            return dream.Run(request.Seed, request.GivenDiscreteActions.Of(Steps(dream), "given_discrete_actions", "(T, B)"));
        if (request.GivenActions.IsGiven)
        {
            long count = Steps(dream) * manifest.Action.Size;
            return dream.Run(request.Seed, request.GivenActions.Of(count, "given_actions", "(T, B, action)"));
        }
        return dream.Run(request.Seed);
    }

    /// <summary>Writes what is wanted.</summary>
    public static void Read(DreamBatch dreamed, Manifest manifest, in NativeDreamRequest request)
    {
        (int size, int actionSize, int horizon) = (manifest.Observation.Size, manifest.Action.Size, dreamed.Horizon);
        Write(request.Rewards, "rewards", "(T, B)", horizon, dreamed.Batch, dreamed.Rewards);
        Write(request.Continues, "continues", "(T, B)", horizon, dreamed.Batch, dreamed.Continues);
        Write(request.Values, "values", "(T + 1, B)", horizon + 1, dreamed.Batch, dreamed.Values);
        Write(request.Observations, "observations", "(T + 1, B, observation)", horizon + 1, dreamed.Batch * size, dreamed.Observations);
        Write(request.Actions, "actions", "(T, B, action)", horizon, dreamed.Batch * actionSize, dreamed.ContinuousActions);
        Write(request.DiscreteActions, "discrete_actions", "(T, B)", horizon, dreamed.Batch, dreamed.Actions);
    }

    private static long Steps(Dream dream) => (long)dream.Horizon * dream.Batch;

    private static void Write<T>(
        NativeArray<T> target, string name, string shape, int steps, int width, Func<int, ReadOnlySpan<T>> read) where T : unmanaged
    {
        if (!target.IsGiven)
            return;
        Span<T> values = target.Of((long)steps * width, name, shape);
        for (int t = 0; t < steps; t++)
            read(t).CopyTo(values[(t * width)..]);
    }
}
