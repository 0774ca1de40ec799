using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>A dream of MiniPacman's environment model along given actions, frame by frame.</summary>
internal sealed class FrameRollout : IEagerRollout
{
    private const string Frame = "frame", Past = "past";

    private readonly EnvironmentModel<EagerTensor> _model;
    private readonly bool _heads, _ends;
    private readonly Func<IReadOnlyDictionary<string, EagerTensor>> _start;
    private readonly Tensor[] _actions;

    /// <param name="options">What the bundle was trained with.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="level">How much of a dream.</param>
    /// <param name="data">What it starts from and is given.</param>
    public FrameRollout(EnvironmentModelOptions options, EagerParameters parameters, BenchmarkLevel level, RolloutData data)
    {
        EnvironmentModelConfig config = EnvironmentModelTrainer.ConfigOf(options);
        _model = new(parameters.Root["model"], config);
        (_heads, _ends) = (level != BenchmarkLevel.Latent, config.Termination);
        string[] states = config.Frames > 1 ? [Frame, Past] : [Frame];
        if (data.Observed() is { } observed)
        {
            IGraphDefinition observe = EnvironmentModelBundle.Graphs(config)["observe"];
            _start = () =>
            {
                Tensors<EagerTensor> seen = observe.Run(parameters.Root, observed);
                return observe.Outputs.ToDictionary(output => output.Feeds!, output => seen[output.Name]);
            };
        }
        else
        {
            Dictionary<string, EagerTensor> given = states.ToDictionary(state => state, state => new EagerTensor(data.State(state)));
            _start = () => given;
        }
        _actions = data.Actions()!;
    }

    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Run()
    {
        IReadOnlyDictionary<string, EagerTensor> start = _start();
        EagerTensor frame = start[Frame];                                                               // (B, 3, H, W)
        EagerTensor? past = start.TryGetValue(Past, out EagerTensor kept) ? kept : default(EagerTensor?);     // (B, 3 (k - 1), H, W)
        List<Tensor> frames = [], pasts = [], rewards = [], continues = [];
        foreach (Tensor action in _actions)
        {
            EagerTensor seen = past is { } earlier ? earlier.Concat(frame, axis: 1) : frame;              // (B, 3k, H, W)
            Prediction<EagerTensor> prediction = _model.Predict(seen, action);
            if (past is { } older)
            {
                past = FrameStack.Push(older, frame);
                pasts.Add(past.Value.Value);
            }
            frame = _model.Frame(prediction);
            frames.Add(frame.Value);
            if (!_heads)
                continue;
            rewards.Add(_model.Reward(prediction).Value);
            if (_ends)
                continues.Add(_model.Continue(prediction).Value);
        }
        Dictionary<string, IReadOnlyList<Tensor>> made = new() { [ProgramBuilder.State(Frame)] = frames };
        if (pasts.Count > 0)
            made[ProgramBuilder.State(Past)] = pasts;
        if (_heads)
            made[ProgramBuilder.Reward] = rewards;
        if (_heads && _ends)
            made[ProgramBuilder.Continue] = continues;
        return made;
    }
}
