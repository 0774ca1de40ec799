namespace TorchSharp;

public enum DeviceType
{
    CPU = 0, CUDA = 1, MKLDNN = 2, OPENGL = 3, OPENCL = 4, IDEEP = 5, HIP = 6, FPGA = 7, MSNPU = 8, XLA = 9, MPS = 13, META = 14,
}

public static partial class torch
{
    /// <summary>Where a tensor lives: a kind of device and, where there are several, which one.</summary>
    public class Device
    {
        public DeviceType type { get; }
        public int index { get; }

        /// <exception cref="ArgumentException">The description is not like "cpu", "cuda" or "cuda:1".</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            index = -1;
            if (parts.Length > 2 || !Enum.TryParse<DeviceType>(parts[0], ignoreCase: true, out var kind)
                || parts.Length == 2 && (!int.TryParse(parts[1], out int number) || (index = number) < 0))
                throw new ArgumentException($"'{description}' is not a device; write \"cpu\", \"cuda\" or \"cuda:1\".",
                    nameof(description));
            type = kind;
            if (type != DeviceType.CPU && index < 0) index = 0;
        }

        public Device(string deviceType, int index = -1) : this(index < 0 ? deviceType : $"{deviceType}:{index}") { }

        public Device(DeviceType deviceType, int index = -1) =>
            (type, this.index) = (deviceType, index < 0 && deviceType != DeviceType.CPU ? 0 : index);

        public Device(int index) : this(DeviceType.CUDA, index) { }

        internal Device(long packed) => (type, index) = ((DeviceType)(packed >> 16), (short)(packed & 0xffff));

        internal long Packed => (long)type << 16 | (ushort)(short)index;

        public static implicit operator Device(string description) => new(description);

        public override string ToString() =>
            type == DeviceType.CPU || index < 0 ? type.ToString().ToLowerInvariant() : $"{type.ToString().ToLowerInvariant()}:{index}";
    }

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => TryInitializeDeviceType(DeviceType.CUDA)
        ? new(DeviceType.CUDA)
        : throw new InvalidOperationException("CUDA is not available: this libtorch has no CUDA build or there is no GPU. Use torch.CPU.");

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);

    public static bool TryInitializeDeviceType(DeviceType deviceType) =>
        deviceType is DeviceType.CPU or DeviceType.META || deviceType == DeviceType.CUDA && cuda.is_available();

    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
            throw new InvalidOperationException($"{deviceType} devices are not available in this libtorch.");
    }

    public static bool cuda_is_available() => cuda.is_available();

    public static class cuda
    {
        public static bool is_available() => device_count() > 0;
        public static bool is_cudnn_available() => Native.ts_cudnn() != 0;
        public static int device_count() => Native.ts_cuda_count();
        public static void manual_seed(long seed) => torch.manual_seed(seed);
        public static void manual_seed_all(long seed) => torch.manual_seed(seed);

        /// <summary>Waits until all work queued on the device is done.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.ts_cuda_synchronize(device?.index ?? -1));
    }

    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                public static bool allow_tf32 { get => Native.ts_tf32(0) != 0; set => Native.ts_set_tf32(0, value ? 1 : 0); }
            }
        }

        public static class cudnn
        {
            public static bool allow_tf32 { get => Native.ts_tf32(1) != 0; set => Native.ts_set_tf32(1, value ? 1 : 0); }
        }
    }
}
