using WorldModels.Models;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>What a policy did in a world that it imagined, the states that it began in among them.</summary>
/// <param name="Features">Of states 0 to H, (H + 1, N, F).</param>
/// <param name="Actions">That led to states 1 to H, (H, N, A).</param>
public readonly record struct ImaginedTrajectory(Tensor Features, Tensor Actions)
{
    /// <summary>Imagines H steps. The policy does not see how its features came about.</summary>
    /// <param name="dynamics">What is imagined in.</param>
    /// <param name="policy">A feature (N, F) to the distribution of actions (N, A).</param>
    /// <param name="state">Where it begins, (N, ...).</param>
    /// <param name="horizon">H.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="random">Draws the noise.</param>
    /// <param name="played">What the world is told of an action that was drawn; null: the action.</param>
    public static ImaginedTrajectory From(
        IDynamics<EagerTensor> dynamics, Func<EagerTensor, IDistribution<EagerTensor>> policy, State<EagerTensor> state, int horizon,
        ActionVectors actions, Generator random, Func<EagerTensor, EagerTensor>? played = null)
    {
        (long rows, Device device) = (state.Values[0].Value.size(0), state.Values[0].Value.device);
        NoiseSpec noise = dynamics.Noise;
        Tensor[] latentNoise = NoiseDraws.Of(noise.Distribution.ToKind(), [horizon, rows, noise.Size], random, device).unbind();
        Tensor[] actionNoise = NoiseDraws.Of(actions.Noise, [horizon, rows, actions.Size], random, device).unbind();
        return From(dynamics, policy, state, latentNoise, actionNoise, played);
    }

    /// <summary>The same with noise that was drawn.</summary>
    /// <param name="dynamics">What is imagined in.</param>
    /// <param name="policy">A feature (N, F) to the distribution of actions (N, A).</param>
    /// <param name="state">Where it begins, (N, ...).</param>
    /// <param name="latentNoise">H tensors (N, S).</param>
    /// <param name="actionNoise">H tensors (N, A).</param>
    /// <param name="played">What the world is told of an action that was drawn; null: the action.</param>
    public static ImaginedTrajectory From(
        IDynamics<EagerTensor> dynamics, Func<EagerTensor, IDistribution<EagerTensor>> policy, State<EagerTensor> state,
        Tensor[] latentNoise, Tensor[] actionNoise, Func<EagerTensor, EagerTensor>? played = null)
    {
        Tensor[] features = new Tensor[latentNoise.Length + 1], taken = new Tensor[latentNoise.Length];
        EagerTensor feature = dynamics.FeatureOf(state);                                                    // (N, F)
        features[0] = feature.Value;
        for (int t = 0; t < taken.Length; t++)
        {
            EagerTensor action = policy(feature.Detach()).Sample(actionNoise[t]);                           // (N, A)
            state = dynamics.Imagine(state, played is null ? action : played(action), latentNoise[t]).State;
            feature = dynamics.FeatureOf(state);
            (taken[t], features[t + 1]) = (action.Value, feature.Value);
        }
        return new(stack(features), stack(taken));
    }
}
