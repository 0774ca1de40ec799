using System.Collections.Concurrent;

namespace WorldModels.Native.Internals;

/// <summary>Handles by number. No number is given twice, so that a closed one is known as such for ever.</summary>
internal static class Handles
{
    private static readonly ConcurrentDictionary<long, Resource> Open = new();
    private static long _last;

    public static long Add(Resource resource)
    {
        long handle = Interlocked.Increment(ref _last);
        Open[handle] = resource;
        return handle;
    }

    /// <summary>Begins the use of a handle, which ends when what this returns is disposed.</summary>
    /// <exception cref="HandleException">There is no such handle of this type, or another thread is using it.</exception>
    public static Use<T> Use<T>(long handle) where T : Resource
    {
        T target = Find<T>(handle);
        target.Enter();
        return new(target);
    }

    /// <summary>Closes a handle; its number is not known from now on. 0 is taken, and nothing done.</summary>
    /// <exception cref="HandleException">There is no such handle of this type.</exception>
    public static void Close<T>(long handle) where T : Resource
    {
        if (handle == 0)
            return;
        Find<T>(handle);
        if (!Open.TryRemove(handle, out Resource? resource))
            throw Unknown(handle);
        resource.Close();
    }

    private static T Find<T>(long handle) where T : Resource
    {
        if (!Open.TryGetValue(handle, out Resource? resource))
            throw Unknown(handle);
        return resource as T ?? throw new HandleException(
            Status.NoHandle, $"Handle {handle} is a {resource.Kind}, which this function does not take.");
    }

    private static HandleException Unknown(long handle) => new(Status.NoHandle, handle > 0 && handle <= Volatile.Read(ref _last)
        ? $"Handle {handle} was closed."
        : $"There is no handle {handle}: give one that wm_load, wm_env_make or wm_vector_make wrote.");
}

/// <summary>A use of a handle in flight.</summary>
internal readonly ref struct Use<T>(T target) where T : Resource
{
    public T Target => target;

    /// <summary>Ends it.</summary>
    public void Dispose() => target.Leave();
}
