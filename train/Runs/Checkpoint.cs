using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Onnx;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// All that a run needs to continue: weights, optimiser state, counters, environments. One safetensors file, whole or absent; its weights
/// are under "model/", so that any safetensors reader finds them.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly Dictionary<string, WeightArray> _arrays = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly string _source;

    /// <summary>An empty checkpoint, to be filled and written.</summary>
    public Checkpoint() => _source = "new checkpoint";
}
