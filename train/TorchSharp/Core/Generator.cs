namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers; its state can be read and set again, for an exact resume.</summary>
    public unsafe class Generator : IDisposable
    {
        private nint handle;

        /// <summary>A generator of its own on a device (the CPU by default), seeded.</summary>
        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            nint created;
            Native.Check(Native.ts_generator_new(this.device.Packed, seed, &created));
            handle = created;
        }

        internal Generator(Device device)
        {
            this.device = device;
            nint shared;
            Native.Check(Native.ts_generator(device.Packed, &shared));
            handle = shared;
        }

        /// <summary>The generator the CPU's random operators use when none is given.</summary>
        public static Generator Default => field ??= new(CPU);

        public Device device { get; }

        public nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        public Tensor get_state()
        {
            nint state;
            Native.Check(Native.ts_generator_state(Handle, &state, 0));
            GC.KeepAlive(this);
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            Native.Check(Native.ts_generator_state(Handle, null, value.Handle));
            GC.KeepAlive(value);
            GC.KeepAlive(this);
        }

        public Generator manual_seed(long seed)
        {
            Seed(1, seed);
            return this;
        }

        public long seed() => Seed(2, 0);

        public long initial_seed() => Seed(0, 0);

        private long Seed(int set, long seed)
        {
            Native.Check(Native.ts_generator_seed(Handle, set, &seed));
            GC.KeepAlive(this);
            return seed;
        }

        ~Generator() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref handle, 0) is var h and not 0) Native.ts_generator_release(h);
        }
    }

    /// <summary>Seeds the default generators of all devices.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.ts_manual_seed(seed));
        return Generator.Default;
    }

    public static long seed() => Generator.Default.seed();
    public static long initial_seed() => Generator.Default.initial_seed();
    public static Tensor get_rng_state() => Generator.Default.get_state();
    public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);

    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
        public static long seed() => torch.seed();
        public static long initial_seed() => torch.initial_seed();
        public static Tensor get_rng_state() => torch.get_rng_state();
        public static void set_rng_state(Tensor new_state) => torch.set_rng_state(new_state);
    }

    public static int get_num_threads() => Native.ts_num_threads();

    /// <summary>How many threads one operator may use; one until this is called.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.ts_set_num_threads(num));

    public static string __version__ => Native.Version;
}
