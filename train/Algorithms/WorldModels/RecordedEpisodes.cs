using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>Recorded episodes that V and M learn from, and those that are kept back to judge them by.</summary>
internal sealed class RecordedEpisodes
{
    private const int LeastStarts = 16, MostStarts = 1000, StartNumbers = 1_000_000;

    private readonly int[] _firstFrames;

    /// <param name="options">Whose recordings they are.</param>
    /// <param name="observation">What is observed there.</param>
    /// <param name="progress">Told what was read.</param>
    public RecordedEpisodes(WorldModelsOptions options, ObservationSpec observation, IProgressReport progress)
    {
        Observation = observation;
        List<Episode> learnt = [], heldOut = [];
        RecordingOptions reading = new() { SeePictures = observation.PictureShape is not null, NeedsRewards = false };
        foreach (string folder in options.Recordings)
        {
            GivenInputs.RequireRecording(folder);
            Recording recording = Recording.Read(folder, reading);
            if (recording.Episodes[0].Observations.Length / recording.Episodes[0].Records != observation.Size)
            {
                throw new UserException($"{folder} was not recorded in {options.Env}, whose observations have {observation.Size} numbers: "
                    + $"{recording.Spec.Observation} there. Name other recordings, or leave them out to have episodes recorded.");
            }
            ReplayBuffer kept = new(observation.Column.Shape, new(recording.Spec.Action), long.MaxValue, folder: null);
            heldOut.AddRange(kept.AddAll(recording.Episodes, Recording.KeepBack));
            learnt.AddRange(kept.Episodes);
        }
        if (heldOut.Count == 0)
            throw new UserException($"{learnt.Count} episodes are too few to keep some back: record {Recording.KeepBack} at least.");
        (Learnt, HeldOut) = (learnt, heldOut);
        _firstFrames = new int[learnt.Count];
        for (int i = 1; i < learnt.Count; i++)
            _firstFrames[i] = _firstFrames[i - 1] + learnt[i - 1].Records;
        Frames = _firstFrames[^1] + learnt[^1].Records;
        progress.Say($"{learnt.Count} episodes of {Frames} observations to learn from, {heldOut.Count} held out");
    }

    /// <summary>One observation.</summary>
    public ObservationSpec Observation { get; }

    /// <summary>To learn from.</summary>
    public IReadOnlyList<Episode> Learnt { get; }

    /// <summary>Never learnt from.</summary>
    public IReadOnlyList<Episode> HeldOut { get; }

    /// <summary>Observations in what is learnt from.</summary>
    public int Frames { get; }

    /// <summary>Copies one of those observations.</summary>
    public void CopyFrame(int number, Span<float> values)
    {
        int found = Array.BinarySearch(_firstFrames, number);
        int episode = found >= 0 ? found : ~found - 1;
        Learnt[episode].CopyObservation(number - _firstFrames[episode], values);
    }

    /// <summary>First observations of episodes, (N, ...), from which dreams start.</summary>
    public float[] Starts()
    {
        int size = Observation.Size, count = Math.Min(Learnt.Count, Math.Clamp(StartNumbers / size, LeastStarts, MostStarts));
        float[] starts = new float[count * size];
        for (int i = 0; i < count; i++)
            Learnt[(int)((long)i * Learnt.Count / count)].CopyObservation(0, starts.AsSpan(i * size, size));
        return starts;
    }

    /// <summary>Observations of episodes, (N, ...), spread evenly over all of theirs.</summary>
    /// <param name="episodes">The episodes.</param>
    /// <param name="most">N at most.</param>
    public float[] Spread(IReadOnlyList<Episode> episodes, int most)
    {
        int size = Observation.Size, episode = 0;
        long all = episodes.Sum(one => (long)one.Records), before = 0;      // observations before those of the episode
        int count = (int)Math.Min(most, all);
        float[] frames = new float[count * size];
        for (int i = 0; i < count; i++)
        {
            long number = i * all / count;
            while (number - before >= episodes[episode].Records)
                before += episodes[episode++].Records;
            episodes[episode].CopyObservation((int)(number - before), frames.AsSpan(i * size, size));
        }
        return frames;
    }
}
