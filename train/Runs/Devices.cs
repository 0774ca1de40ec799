using System.Globalization;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Where tensors live and how libtorch is set up.</summary>
public static class Devices
{
    /// <summary>Opens a device by name and sets libtorch's threads and TF32, and how memory is kept.</summary>
    /// <exception cref="UserException">There is no such device here, or no libtorch; the message says what is missing.</exception>
    public static Device Open(string name, TrainOptions options)
    {
        string[] parts = name.ToLowerInvariant().Split(':');
        ushort index = 0;
        if (parts is not (["cpu"] or ["cuda"] or ["cuda", _])
            || (parts.Length == 2 && !ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)))
        {
            throw new UserException($"Unknown device '{name}'. Devices: cpu, cuda, cuda:1 ...");
        }

        NativeMemory.Keep();
        Libtorch.Load();
        set_num_threads(options.Threads);
        if (parts[0] == "cpu")
            return CPU;
        if (!cuda.is_available())
        {
            throw new UserException(
                "--device cuda: this libtorch finds no CUDA device. It needs a build with -p:Cuda=true, an NVIDIA GPU and its driver "
                + "(try nvidia-smi). Train with --device cpu otherwise.");
        }

        if (index >= cuda.device_count())
        {
            throw new UserException(
                $"There is no device cuda:{index}; this machine has {cuda.device_count()} (cuda:0 ... cuda:{cuda.device_count() - 1}).");
        }

        backends.cuda.matmul.allow_tf32 = options.Tf32;
        backends.cudnn.allow_tf32 = options.Tf32;
        return new Device(TorchSharp.DeviceType.CUDA, index);
    }
}
