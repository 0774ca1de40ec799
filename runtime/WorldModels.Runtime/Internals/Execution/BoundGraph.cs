using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>One graph with every input and output bound to memory: on the CPU, and in a device's memory, a run copies nothing.</summary>
/// <param name="graph">The graph.</param>
/// <param name="device">The memory that all is in; null: the host's.</param>
/// <param name="wait">
/// Whether a captured run returns when it is done. If not, it returns before, and a later run of its session that waits, waits for both.
/// </param>
internal sealed class BoundGraph(GraphSession graph, DeviceMemory? device = null, bool wait = true) : IDisposable
{
    private readonly OrtIoBinding _binding = graph.Session.CreateIoBinding();
    private readonly RunOptions _options = graph.Options(capture: device is not null, wait);
    private readonly List<string> _inputs = [], _outputs = [];
    private readonly List<OrtValue> _inputValues = [], _outputValues = [];
    private readonly List<TensorBuffer> _reads = [], _writes = [];

    // An input in other memory than that of the node that reads it would be copied once, when it is bound, and not at every run.
    private readonly bool _isBinding = graph.Placement == Placement.Cpu || (device is not null && graph.Placement != Placement.Mixed);

    public void Input(TensorSpec tensor, TensorView view)
    {
        _reads.AddRange(view.Steps);
        if (_isBinding)
            _binding.BindInput(tensor.Name, view.Value);
        else
            Add(tensor, view, _inputs, _inputValues);
    }

    public void Output(TensorSpec tensor, TensorView view)
    {
        _writes.AddRange(view.Steps);
        if (_isBinding)
            _binding.BindOutput(tensor.Name, view.Value);
        else
            Add(tensor, view, _outputs, _outputValues);
    }

    public void Run()
    {
        try
        {
            foreach (TensorBuffer step in _reads)
                step.DeviceReads();
            if (graph.Placement != Placement.Capturing)
            {
                RunOnce();
            }
            else
            {
                lock (DeviceMemory.Gate)
                    RunOnce();
            }

            foreach (TensorBuffer step in _writes)
                step.DeviceWrote();
        }
        catch (OnnxRuntimeException e)
        {
            throw graph.Failure(e);
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
    }

    private void RunOnce()
    {
        if (_isBinding)
            graph.Session.RunWithBinding(_options, _binding);
        else
            graph.Session.Run(_options, _inputs, _inputValues, _outputs, _outputValues);
    }

    private static void Add(TensorSpec tensor, TensorView view, List<string> names, List<OrtValue> values)
    {
        names.Add(tensor.Name);
        values.Add(view.Value);
    }
}
