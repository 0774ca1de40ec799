using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>One graph with every input and output bound to memory: running it on the CPU, or on a device's memory, allocates nothing.</summary>
/// <param name="graph">The graph.</param>
/// <param name="inDeviceMemory">Whether all that is bound is memory of the device that runs the graph.</param>
/// <param name="wait">Whether a run returns when it is done; otherwise it may return before, and a later one of this graph waits.</param>
internal sealed class BoundGraph(Graph graph, bool inDeviceMemory = false, bool wait = true) : IDisposable
{
    private readonly OrtIoBinding _binding = graph.Session.CreateIoBinding();
    private readonly RunOptions _options = graph.Options(capture: inDeviceMemory, wait);
    private readonly List<string> _inputs = [], _outputs = [];
    private readonly List<OrtValue> _inputValues = [], _outputValues = [];

    // A binding copies what is not in the device's memory at once, not at each run.
    private readonly bool _isBinding = inDeviceMemory || graph.Placement == Placement.Cpu;

    public void Input(TensorSpec tensor, OrtValue value)
    {
        if (_isBinding) _binding.BindInput(tensor.Name, value);
        else Add(tensor, value, _inputs, _inputValues);
    }

    public void Output(TensorSpec tensor, OrtValue value)
    {
        if (_isBinding) _binding.BindOutput(tensor.Name, value);
        else Add(tensor, value, _outputs, _outputValues);
    }

    public void Run()
    {
        try
        {
            if (graph.Placement != Placement.Capturing)
            {
                RunOnce();
                return;
            }
            lock (DeviceMemory.Gate) RunOnce();
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"Graph '{graph.Name}' failed while running: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
    }

    private void RunOnce()
    {
        if (_isBinding) graph.Session.RunWithBinding(_options, _binding);
        else graph.Session.Run(_options, _inputs, _inputValues, _outputs, _outputValues);
    }

    private static void Add(TensorSpec tensor, OrtValue value, List<string> names, List<OrtValue> values)
    {
        names.Add(tensor.Name);
        values.Add(value);
    }
}
