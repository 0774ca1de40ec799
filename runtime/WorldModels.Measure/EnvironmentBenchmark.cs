using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>
/// Frames per second of a real environment: all rows on one thread, random actions, observations written. Physics alone; and with
/// pictures, where the environment can be drawn, or is made of pixels; and with MuJoCo's own pictures, one row alone, where that is here.
/// </summary>
internal static class EnvironmentBenchmark
{
    /// <summary>Names of the measurements.</summary>
    internal const string Physics = "simulator", Pictures = "simulator with pictures", MuJoCoPictures = "simulator with MuJoCo's";

    /// <summary>Rows and columns of pictures, as published agents see them, where a bundle sees none itself.</summary>
    internal const int PictureSize = 64;

    private const int DrawnSteps = 256;

    /// <summary>An environment whose steps are actions of a bundle, each repeated; and again with pictures of a size, where it has them.</summary>
    internal static IEnumerable<Contestant> Contestants(
        EnvironmentSpec environment, int batch, int horizon, int repeat, int? pictures, string? level) => environment switch
        {
            EnvironmentSpec<long> discrete => Contestants(discrete, batch, horizon, repeat, pictures, level, RandomActions.Index),
            EnvironmentSpec<float> continuous => Contestants(continuous, batch, horizon, repeat, pictures, level, RandomActions.Value),
            _ => throw new BundleException($"The actions of environment '{environment.Name}' are of a kind that cannot be drawn here."),
        };

    private static IEnumerable<Contestant> Contestants<TAction>(EnvironmentSpec<TAction> spec, int batch, int horizon, int repeat,
        int? pictures, string? level, Func<Random, Space, TAction> draw) where TAction : unmanaged
    {
        Subject subject = new(batch, horizon, level);
        IEnvironment<TAction> kind = spec.Make();
        // What observes pixels paints them in each step: there are no physics without them.
        if (kind.ObservationSpace is Box { Shape.Length: 3 })
        {
            yield return Contestant(subject, Pictures, Repeated(), draw);
            yield break;
        }
        yield return Contestant(subject, Physics, Repeated(), draw);
        if (pictures is not { } size || kind is not IDrawable)
            yield break;
        yield return Contestant(subject, Pictures, new SyncVectorEnvironment<PixelObservation<TAction>, TAction>(
            batch, () => new(new ActionRepeat<TAction>(spec.Make(), repeat), size)), draw);
        if (batch == 1 && kind is ControlSuiteEnvironment suite && RendererOf(suite, size) is { } renderer)
        {
            byte[] picture = new byte[3 * size * size];
            SyncVectorEnvironment<ActionRepeat<TAction>, TAction> row = new(1, () => new(kind, repeat));
            yield return Contestant(subject, MuJoCoPictures, row, draw, () => renderer.Render(suite.Physics, picture));
        }

        SyncVectorEnvironment<ActionRepeat<TAction>, TAction> Repeated() => new(batch, () => new(spec.Make(), repeat));
    }

    /// <summary>MuJoCo's renderer; null where MuJoCo or OpenGL is missing, or has no model of what moves.</summary>
    private static MuJoCoRenderer? RendererOf(ControlSuiteEnvironment environment, int size)
    {
        try
        {
            return MuJoCoRenderer.Of(environment, size);
        }
        catch (MuJoCoException)
        {
            return null;
        }
    }

    private static LocalContestant Contestant<TAction>(
        Subject subject, string what, IVectorEnvironment<TAction> rows, Func<Random, Space, TAction> draw, Action? afterStep = null)
        where TAction : unmanaged
    {
        (int batch, int horizon, string? level) = subject;
        int size = batch * rows.ActionSpace.Size, step = 0;
        Random random = new(0);
        // Drawn beforehand: drawing is not what is measured.
        TAction[] actions = [.. Enumerable.Range(0, DrawnSteps * size).Select(_ => draw(random, rows.ActionSpace))];
        float[] observations = new float[batch * rows.ObservationSpace.Size], rewards = new float[batch];
        bool[] terminated = new bool[batch], truncated = new bool[batch];
        rows.Reset(0, observations);
        return new(new() { What = what, Level = level, Batch = batch, Horizon = horizon }, () =>
        {
            for (int t = 0; t < horizon; t++, step = (step + 1) % DrawnSteps)
            {
                rows.Step(actions.AsSpan(step * size, size), observations, rewards, terminated, truncated);
                afterStep?.Invoke();
            }
        });
    }

    private sealed record Subject(int Batch, int Horizon, string? Level);
}
