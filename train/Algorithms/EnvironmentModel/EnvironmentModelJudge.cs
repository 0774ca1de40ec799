using TorchSharp;
using WorldModels.Environments;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Judges a model on episodes it never trained on. Pixel accuracy alone says nothing (copying the frame has 99 %), so: exact frames,
/// changed cells, pacman's cell, rewards by class, and the open loop, all beside copying the frame and beside the most that the rules
/// allow.
/// </summary>
public static class EnvironmentModelJudge
{
    private const int Cells = MiniPacmanMaze.Cells;
    private const int Batch = 64;
    private const int MostTransitions = 4096;
    private static readonly int[] Horizons = [1, 3, 5];

    /// <summary>Figures by name; shares are in 0..1. Transitions that end an episode are left out of the frame figures.</summary>
    public static IReadOnlyDictionary<string, double> Judge(
        EnvironmentModel<EagerTensor> model, EnvironmentModelConfig config, Transitions games, Device device, IProgressReport progress)
    {
        Tally tally = new Tally(config.Rewards.Count);
        int stride = Math.Max(1, games.Count / MostTransitions);
        int[] chosen = [.. Enumerable.Range(0, games.Count / stride).Select(i => i * stride)];
        using IProgressTask task = progress.Start("judging", chosen.Length);
        using (no_grad())
        {
            foreach (int[] rows in chosen.Chunk(Batch))
            {
                using DisposeScope scope = NewDisposeScope();
                OpenLoop(model, config, games, rows, device, tally);
                task.Report(tally.Seen, "");
            }
        }

        return new Dictionary<string, double>(tally.Figures(config)) { ["episodes"] = games.Episodes };
    }

    /// <summary>Predicts up to five steps from each row's frames along the recorded actions, and counts.</summary>
    private static void OpenLoop(
        EnvironmentModel<EagerTensor> model, EnvironmentModelConfig config, Transitions games, int[] rows, Device device, Tally tally)
    {
        int size = config.Frames * 3 * Cells;
        float[] seen = new float[rows.Length * size];
        for (int row = 0; row < rows.Length; row++)
            games.Frames(rows[row], config.Frames, seen.AsSpan(row * size, size));
        EagerTensor frames = tensor(seen, [rows.Length, 3 * config.Frames, config.Rows, config.Columns]).On(device);
        for (int step = 0; step < Horizons[^1]; step++)
        {
            long[] actions = [.. rows.Select(row => games.Action(Math.Min(row + step, games.Count - 1)))];
            Prediction<EagerTensor> prediction = model.Predict(frames, tensor(actions, [rows.Length]).On(device));
            long[] predicted = prediction.Pixels.Value.argmax(1).cpu().data<long>().ToArray();      // (B, H, W)
            if (step == 0)
            {
                long[] rewards = prediction.Reward.Value.argmax(1).cpu().data<long>().ToArray();
                float[] continues = config.Termination ? model.Continue(prediction).Value.cpu().data<float>().ToArray() : [];
                for (int row = 0; row < rows.Length; row++)
                {
                    float? probability = continues.Length > 0 ? continues[row] : null;
                    tally.Step(games, rows[row], predicted.AsSpan(row * Cells, Cells), (int)rewards[row], probability);
                }
            }
            if (Horizons.Contains(step + 1))
            {
                for (int row = 0; row < rows.Length; row++)
                    tally.Open(games, rows[row], step, predicted.AsSpan(row * Cells, Cells));
            }

            frames = FrameStack.Push(frames, model.Frame(prediction));
        }
    }

    private sealed class Tally(int rewardClasses)
    {
        private readonly long[] _rewardSeen = new long[rewardClasses], _rewardHit = new long[rewardClasses];
        private readonly long[] _openSeen = new long[Horizons.Length], _openExact = new long[Horizons.Length];
        private readonly long[] _openCopy = new long[Horizons.Length];
        private readonly double[] _openChanged = new double[Horizons.Length], _openChangedHit = new double[Horizons.Length];
        private long _frames, _exact, _copied, _withGhosts, _withGhostsExact, _withGhostsCopied;
        private long _cells, _cellsHit, _changed, _changedHit, _pacman, _pacmanHit;
        private long _ends, _endsFound, _falseEnds;
        private double _ceiling, _withGhostsCeiling;

        public long Seen { get; private set; }

        public void Step(Transitions games, int transition, ReadOnlySpan<long> predicted, int reward, float? continues)
        {
            Seen++;
            _rewardSeen[games.Reward(transition)]++;
            if (reward == games.Reward(transition))
                _rewardHit[reward]++;
            bool ended = games.Terminated(transition);
            if (continues is { } probability)
            {
                _ends += ended ? 1 : 0;
                _endsFound += ended && probability < 0.5f ? 1 : 0;
                _falseEnds += !ended && probability < 0.5f ? 1 : 0;
            }
            if (ended)
                return;
            ReadOnlySpan<byte> now = games.Classes(transition), next = games.NextClasses(transition);
            (int hits, int changed, int changedHits) = Compare(now, next, predicted);
            _frames++;
            _ceiling += games.Predictable(transition);
            _exact += hits == Cells ? 1 : 0;
            _copied += changed == 0 ? 1 : 0;
            if (now.IndexOfAny((byte)MiniPacmanPixel.EdibleGhost, (byte)MiniPacmanPixel.DangerousGhost) >= 0)
            {
                _withGhosts++;
                _withGhostsCeiling += games.Predictable(transition);
                _withGhostsExact += hits == Cells ? 1 : 0;
                _withGhostsCopied += changed == 0 ? 1 : 0;
            }
            (_cells, _cellsHit) = (_cells + Cells, _cellsHit + hits);
            (_changed, _changedHit) = (_changed + changed, _changedHit + changedHits);
            int pacman = next.IndexOf((byte)MiniPacmanPixel.Pacman);
            _pacman++;
            _pacmanHit += predicted[pacman] == (long)MiniPacmanPixel.Pacman && Count(predicted, MiniPacmanPixel.Pacman) == 1 ? 1 : 0;
        }

        public void Open(Transitions games, int transition, int step, ReadOnlySpan<long> predicted)
        {
            int h = Array.IndexOf(Horizons, step + 1);
            if (!games.Continues(transition, step) || games.Terminated(transition + step))
                return;
            (int hits, int changed, int changedHits) = Compare(games.Classes(transition), games.NextClasses(transition + step), predicted);
            _openSeen[h]++;
            _openExact[h] += hits == Cells ? 1 : 0;
            _openCopy[h] += changed == 0 ? 1 : 0;
            _openChanged[h] += changed;
            _openChangedHit[h] += changedHits;
        }

        public IReadOnlyDictionary<string, double> Figures(EnvironmentModelConfig config)
        {
            Dictionary<string, double> figures = new Dictionary<string, double>
            {
                ["transitions"] = Seen,
                ["exact_frame"] = Share(_exact, _frames),
                ["exact_frame_copying"] = Share(_copied, _frames),
                ["exact_frame_ceiling"] = _ceiling / Math.Max(1, _frames),
                ["with_ghosts_share"] = Share(_withGhosts, _frames),
                ["with_ghosts_exact"] = Share(_withGhostsExact, _withGhosts),
                ["with_ghosts_exact_copying"] = Share(_withGhostsCopied, _withGhosts),
                ["with_ghosts_exact_ceiling"] = _withGhostsCeiling / Math.Max(1, _withGhosts),
                ["changed_cells"] = Share(_changedHit, _changed),
                ["pacman_cell"] = Share(_pacmanHit, _pacman),
                ["cells"] = Share(_cellsHit, _cells),
                ["cells_copying"] = Share(_cells - _changed, _cells),
                ["reward"] = Share(_rewardHit.Sum(), Seen),
                ["reward_majority"] = Share(_rewardSeen.Max(), Seen),
            };
            for (int i = 0; i < config.Rewards.Count; i++)
            {
                if (_rewardSeen[i] > 0)
                {
                    figures[FormattableString.Invariant($"reward_recall({config.Rewards[i]})")] = Share(_rewardHit[i], _rewardSeen[i]);
                    figures[FormattableString.Invariant($"reward_count({config.Rewards[i]})")] = _rewardSeen[i];
                }
            }

            if (config.Termination)
            {
                figures["ends"] = _ends;
                figures["ends_recall"] = Share(_endsFound, _ends);
                figures["ends_false"] = _falseEnds;
            }
            for (int h = 0; h < Horizons.Length; h++)
            {
                figures[$"open_loop_{Horizons[h]}_exact"] = Share(_openExact[h], _openSeen[h]);
                figures[$"open_loop_{Horizons[h]}_copying"] = Share(_openCopy[h], _openSeen[h]);
                figures[$"open_loop_{Horizons[h]}_changed_cells"] = _openChangedHit[h] / Math.Max(1, _openChanged[h]);
            }
            return figures;
        }

        private static (int Hits, int Changed, int ChangedHits) Compare(
            ReadOnlySpan<byte> now, ReadOnlySpan<byte> next, ReadOnlySpan<long> predicted)
        {
            int hits = 0, changed = 0, changedHits = 0;
            for (int cell = 0; cell < Cells; cell++)
            {
                bool hit = predicted[cell] == next[cell];
                hits += hit ? 1 : 0;
                if (now[cell] == next[cell])
                    continue;
                changed++;
                changedHits += hit ? 1 : 0;
            }
            return (hits, changed, changedHits);
        }

        private static int Count(ReadOnlySpan<long> classes, MiniPacmanPixel pixel)
        {
            int count = 0;
            foreach (long value in classes)
                count += value == (long)pixel ? 1 : 0;
            return count;
        }

        private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
    }
}
