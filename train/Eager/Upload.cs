using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Arrays of .NET for networks to see.</summary>
internal static class Upload
{
    extension(Tensor array)
    {
        /// <summary>
        /// The same on a device, in libtorch's own memory. A tensor made of an array stays where .NET laid the array, and by how that lies
        /// the last bits of products and their gradients differ on some processors: no run would repeat bit for bit.
        /// </summary>
        public Tensor On(Device device) => array.to(device, copy: true);
    }
}
