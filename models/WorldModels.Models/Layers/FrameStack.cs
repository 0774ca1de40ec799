namespace WorldModels.Models;

/// <summary>
/// Consecutive frames as channels of one tensor, (B, C k, H, W), the oldest first: what a model or a policy sees where one frame hides how
/// things move.
/// </summary>
public static class FrameStack
{
    /// <summary>Drops the oldest frame and appends the newest: (B, C k, H, W) and (B, C, H, W) to (B, C k, H, W).</summary>
    public static T Push<T>(T frames, T frame) where T : ITensor<T>
    {
        int channels = frame.Size(1);
        return frames.Size(1) == channels ? frame : frames.Slice(1, channels, int.MaxValue).Concat(frame, axis: 1);
    }

    /// <summary>A stack of <paramref name="count"/> times the same frame: (B, C, H, W) to (B, C count, H, W).</summary>
    public static T Repeat<T>(T frame, int count) where T : ITensor<T>
    {
        T[] copies = new T[count];
        Array.Fill(copies, frame);
        return count == 1 ? frame : T.Concat(1, copies);
    }

    /// <summary>
    /// The stack that a new frame completes. Where an episode begins nothing came before, and the frame stands for its past, as in
    /// Gymnasium's FrameStackObservation.
    /// </summary>
    /// <param name="past">The k - 1 frames before, (B, C (k - 1), H, W); ignored where an episode begins.</param>
    /// <param name="frame">(B, C, H, W).</param>
    /// <param name="isFirst">1 where the frame is an episode's first, else 0, (B).</param>
    /// <returns>(B, C k, H, W).</returns>
    public static T Observe<T>(T past, T frame, T isFirst) where T : ITensor<T>
    {
        T begins = isFirst.Reshape(Axis.Keep, 1, 1, 1) > 0.5;                           // (B, 1, 1, 1)
        return begins.Where(Repeat(frame, past.Size(1) / frame.Size(1)), past).Concat(frame, axis: 1);
    }
}
