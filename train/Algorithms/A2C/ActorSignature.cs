using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The tensors by which an actor-critic acts: an observation and Gumbel noise to an action, its logits and the state's value. With k frames
/// the k - 1 seen before are a state that the graph carries on.
/// </summary>
public sealed class ActorSignature(ObservationSpec observation, int actions, int frames)
{
    /// <summary>The stream of the noise that draws actions, whatever the graph's name.</summary>
    public const string NoiseStream = "act/noise";

    /// <summary>Observation, noise, and with several frames those seen before and whether an episode begins.</summary>
    public IReadOnlyList<TensorSpec> Inputs =>
    [
        new()
        {
            Name = "observation", Role = TensorRole.Observation,
            Shape = ["batch", observation.Shape[0], observation.Shape[1], observation.Shape[2]],
        },
        new() { Name = "noise", Role = TensorRole.Noise, Noise = NoiseKind.Gumbel, Stream = NoiseStream, Shape = ["batch", actions] },
        .. frames == 1 ? Array.Empty<TensorSpec>() :
        [
            Seen("seen") with { Initial = InitialState.Zeros },
            new() { Name = "is_first", Role = TensorRole.IsFirst, Shape = ["batch"] },
        ],
    ];

    /// <summary>Action, logits, value, and with several frames those that the next step has seen.</summary>
    public IReadOnlyList<TensorSpec> Outputs =>
    [
        new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
        new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", actions], Axis = 1 },
        new() { Name = "value", Role = TensorRole.Value, Shape = ["batch"] },
        .. frames == 1 ? Array.Empty<TensorSpec>() : [Seen("next_seen") with { Feeds = "seen" }],
    ];

    /// <summary>What the agent sees, (B, C k, H, W), of <see cref="Inputs"/>.</summary>
    public T Frames<T>(Tensors<T> inputs) where T : ITensor<T> =>
        frames == 1 ? inputs["observation"] : FrameStack.Observe(inputs["seen"], inputs["observation"], inputs["is_first"]);

    /// <summary><see cref="Outputs"/> of the frames seen and the agent's logits (B, A) and value (B).</summary>
    public Tensors<T> Results<T>(Tensors<T> inputs, T seen, (T Logits, T Value) decision) where T : ITensor<T>
    {
        Tensors<T> results = new Tensors<T>
        {
            { "action", decision.Logits.SampleCategorical(inputs["noise"]) },
            { "logits", decision.Logits },
            { "value", decision.Value },
        };
        if (frames > 1)
            results.Add("next_seen", seen.Slice(1, observation.Shape[0], int.MaxValue));
        return results;
    }

    private TensorSpec Seen(string name) => new()
    {
        Name = name,
        Role = TensorRole.State,
        Shape = ["batch", (frames - 1) * observation.Shape[0], observation.Shape[1], observation.Shape[2]],
    };
}
