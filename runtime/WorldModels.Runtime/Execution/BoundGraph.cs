using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>One graph with every input and output bound to memory: running it allocates nothing.</summary>
internal sealed class BoundGraph(Graph graph) : IDisposable
{
    private readonly OrtIoBinding _binding = graph.Session.CreateIoBinding();
    private readonly RunOptions _options = new();

    public void Input(TensorSpec tensor, OrtValue value) => _binding.BindInput(tensor.Name, value);

    public void Output(TensorSpec tensor, OrtValue value) => _binding.BindOutput(tensor.Name, value);

    public void Run()
    {
        try
        {
            graph.Session.RunWithBinding(_options, _binding);
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
}
