using WorldModels.Environments;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>A world in which an agent at play imagines. It may know more of the games than the agent's frames show.</summary>
public abstract class ImaginedGames : IImaginedWorld<EagerTensor>, IDisposable
{
    /// <summary>Called before the rollouts of a step begin, with the step's number.</summary>
    public virtual void Begin(long step) { }

    public abstract ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Control: the frame stays, nothing is gained, the episode goes on.</summary>
public sealed class CopiedGames(CopiedWorld<EagerTensor> world) : ImaginedGames
{
    public override ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action) => world.Step(frames, action);
}

/// <summary>
/// Control: the game's own rules. Every rollout plays a copy of its game, hidden state included, with dice of its own: what may happen, not
/// what will.
/// </summary>
public sealed class SimulatedGames : ImaginedGames
{
    private const int Cells = MiniPacmanMaze.Cells;

    private readonly MiniPacmanVectorEnvironment _games;
    private readonly RewardTable _rewards;
    private readonly ulong _seed;
    private readonly Mt19937RandomSource _dice = new(0);
    private readonly MiniPacmanGame[] _rollouts;    // (B A)
    private readonly bool[] _over;

    public SimulatedGames(MiniPacmanVectorEnvironment games, RewardTable rewards, int actions, ulong seed)
    {
        (_games, _rewards, _seed) = (games, rewards, seed);
        MiniPacmanMode mode = games[0].Game.Mode;
        _rollouts = [.. Enumerable.Range(0, games.Count * actions).Select(_ => new MiniPacmanGame(mode, _dice))];
        _over = new bool[_rollouts.Length];
    }

    public override void Begin(long step)
    {
        _dice.Seed(RowSeed.Of(_seed, (int)(step & int.MaxValue)));
        int actions = _rollouts.Length / _games.Count;
        for (int row = 0; row < _rollouts.Length; row++)
            _rollouts[row].Load(_games[row / actions].Game.State);
        _over.AsSpan().Clear();
    }

    public override ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action)
    {
        int rows = _rollouts.Length;
        long[] actions = action.Value.cpu().data<long>().ToArray();
        (float[] images, float[] rewards, float[] continues) = (new float[rows * 3 * Cells], new float[rows * _rewards.Count], new float[rows]);
        for (int row = 0; row < rows; row++)
        {
            MiniPacmanGame game = _rollouts[row];
            MiniPacmanEvents events = default;      // after a death there is no more to gain or to see
            if (!_over[row])
            {
                _over[row] = game.Step((int)actions[row]).Terminated;
                events = game.Events;
            }
            game.Observe(images.AsSpan(row * 3 * Cells, 3 * Cells));
            rewards[row * _rewards.Count + _rewards.ClassOf(events)] = 1;
            continues[row] = _over[row] ? 0 : 1;
        }
        Device device = frames.Value.device;
        return new(
            tensor(images, [rows, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]).On(device),
            tensor(rewards, [rows, _rewards.Count]).On(device),
            tensor(continues, [rows]).On(device));
    }
}
