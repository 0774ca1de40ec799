using WorldModels.Runtime;

namespace WorldModels.Native.Internals;

/// <summary>A world model that several handles share; the last one closes it.</summary>
internal sealed class SharedWorld(WorldModel world)
{
    private int _users = 1;

    public WorldModel World => world;

    /// <summary>One more user, while there is one.</summary>
    public SharedWorld Retain()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            world.Dispose();
    }
}
