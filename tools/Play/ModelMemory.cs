using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// What a world model remembers of the real game: its states, brought along frame by frame with graph <c>observe</c>, so that a dream may
/// start from them. Noise is left at its middle here: memory is the mean, not a draw.
/// </summary>
internal sealed class ModelMemory
{
    private readonly GraphRunner? _observe;
    private readonly Dictionary<string, NpyArray> _inputs = [];
    private readonly int[] _shape, _moves;
    private float[] _frame = [];

    public ModelMemory(WorldModel world)
    {
        Manifest manifest = world.Manifest;
        (_shape, _moves) = ([1, .. manifest.Observation.Shape], [1, .. manifest.Action.Shape ?? []]);
        if (!manifest.Graphs.TryGetValue("observe", out GraphSpec? observe))
            return;
        // What observe does not make, a dream has to make itself, from the frame alone.
        bool complete = manifest.Graphs["imagine"].Inputs.Where(input => input.Role == TensorRole.State).All(state =>
            observe.Outputs.Any(output => output.Feeds == state.Name));
        if (complete)
            _observe = world.Graph("observe");
    }

    /// <summary>Takes in a frame of the real game.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="move">The move that led to it; null: an episode begins.</param>
    public void Observe(ReadOnlySpan<float> frame, PlayMove? move)
    {
        _frame = frame.ToArray();
        if (_observe is null)
            return;
        foreach (TensorSpec input in _observe.Spec.Inputs)
        {
            if (input.Role == TensorRole.Observation)
                _inputs[input.Name] = NpyArray.Of(_frame, _shape);
            else if (input.Role == TensorRole.Action && move is not null)
                _inputs[input.Name] = ActionOf(move);
            else if (input.Role != TensorRole.State || move is null)
                _inputs[input.Name] = Fill(input, begins: move is null);
        }
        IReadOnlyDictionary<string, NpyArray> states = _observe.Run(Named(_observe.Spec.Inputs.Select(input => input.Name)));
        foreach (TensorSpec output in _observe.Spec.Outputs)
        {
            if (output.Feeds is { } state)
                _inputs[state] = states[output.Name];
        }
    }

    /// <summary>Makes a dream start from here, in all its rows.</summary>
    public void Start(Dream dream)
    {
        if (_observe is null)
        {
            dream.Start(Rows(_frame));
            return;
        }
        foreach (string state in _observe.Spec.Outputs.Select(output => output.Feeds).OfType<string>())
        {
            NpyArray value = _inputs[state];
            switch (value.Type)
            {
                case NpyType.Float32: dream.Start(state, Rows(value.As<float>().ToArray())); break;
                case NpyType.Int64: dream.Start(state, Rows(value.As<long>().ToArray())); break;
                default: dream.Start(state, Rows(value.As<bool>().ToArray())); break;
            }
        }

        T[] Rows<T>(T[] row) => [.. Enumerable.Repeat(row, dream.Batch).SelectMany(values => values)];
    }

    /// <summary>What it remembers as one of the model's states, of one row.</summary>
    /// <exception cref="KeyNotFoundException">Graph <c>observe</c> makes no such state, or no frame was seen.</exception>
    public NpyArray State(string name) => _inputs[name];

    /// <summary>A move as one of the model's actions, of one row.</summary>
    public NpyArray ActionOf(PlayMove move) => move.IsNumbered ? NpyArray.Of(move.As<long>(), 1) : NpyArray.Of(move.As<float>(), _moves);

    private Dictionary<string, NpyArray> Named(IEnumerable<string> names) => names.ToDictionary(name => name, name => _inputs[name]);

    private static NpyArray Fill(TensorSpec input, bool begins)
    {
        NpyArray array = NpyArray.Zeros(
            input.Dtype switch { TensorType.Float32 => NpyType.Float32, TensorType.Int64 => NpyType.Int64, _ => NpyType.Bool },
            [1, .. input.Shape.Skip(1).Select(d => d.Size)]);
        double value = input.Role switch
        {
            TensorRole.IsFirst => begins ? 1 : 0,
            TensorRole.Noise when input.Noise == NoiseKind.Uniform => 0.5,
            TensorRole.Setting => input.Default!.Value,
            _ => 0,
        };
        switch (array.Type)
        {
            case NpyType.Float32: array.As<float>().Fill((float)value); break;
            case NpyType.Int64: array.As<long>().Fill((long)value); break;
            default: array.As<bool>().Fill(value > 0); break;
        }
        return array;
    }
}
