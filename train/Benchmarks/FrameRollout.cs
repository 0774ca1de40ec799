using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>A dream of MiniPacman's environment model along given actions, frame by frame: what its graph imagine does, over and over.</summary>
internal sealed class FrameRollout : IEagerRollout
{
    private readonly EnvironmentModelConfig _config;
    private readonly EnvironmentModel<EagerTensor> _model;
    private readonly TensorSpec[] _carried, _told;
    private readonly Func<IReadOnlyDictionary<string, EagerTensor>> _start;
    private readonly Tensor[] _actions;

    /// <param name="options">What the bundle was trained with.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="data">What it starts from and is given.</param>
    public FrameRollout(EnvironmentModelOptions options, EagerParameters parameters, RolloutData data)
    {
        _config = EnvironmentModelTrainer.ConfigOf(options);
        _model = new(parameters.Root[EnvironmentModelBundle.ModelPath], _config);
        IReadOnlyDictionary<string, IGraphDefinition> graphs = EnvironmentModelBundle.Graphs(_config);
        _carried = [.. graphs["imagine"].Outputs.Where(output => output.Feeds is not null)];
        _told = [.. graphs["imagine"].Outputs.Where(output => output.Role is TensorRole.Reward or TensorRole.Continue)];
        if (data.Observed() is { } observed)
        {
            IGraphDefinition observe = graphs["observe"];
            _start = () =>
            {
                Tensors<EagerTensor> seen = observe.Run(parameters.Root, observed);
                return observe.Outputs.ToDictionary(output => output.Feeds!, output => seen[output.Name]);
            };
        }
        else
        {
            Dictionary<string, EagerTensor> given = _carried.ToDictionary(
                output => output.Feeds!, output => new EagerTensor(data.State(output.Feeds!)));
            _start = () => given;
        }
        _actions = data.Actions()!;
    }

    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Run()
    {
        IReadOnlyDictionary<string, EagerTensor> state = _start();
        Tensors<EagerTensor>[] steps = new Tensors<EagerTensor>[_actions.Length];
        for (int step = 0; step < steps.Length; step++)
        {
            Tensors<EagerTensor> inputs = new Tensors<EagerTensor> { { "action", _actions[step] } };
            foreach ((string name, EagerTensor value) in state)
                inputs.Add(name, value);
            Tensors<EagerTensor> made = EnvironmentModelBundle.Step(_model, _config, inputs);
            state = _carried.ToDictionary(output => output.Feeds!, output => made[output.Name]);
            steps[step] = made;
        }
        IReadOnlyList<Tensor> Over(string output) => [.. steps.Select(step => step[output].Value)];
        return _carried.Select(output => (Name: ProgramBuilder.State(output.Feeds!), output))
            .Concat(_told.Select(output => (Name: output.Role.ToString().ToLowerInvariant(), output)))
            .ToDictionary(pair => pair.Name, pair => Over(pair.output.Name));
    }
}
