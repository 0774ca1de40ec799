using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>What of a bundle plays real games: its policy or, where it has none but says how to plan, planning.</summary>
public sealed class BundlePolicy : IDisposable
{
    private readonly Controller? _controller;
    private readonly Planner? _planner;

    private BundlePolicy(Controller? controller, Planner? planner) => (_controller, _planner) = (controller, planner);

    /// <summary>How it plays, for people.</summary>
    public string How => _controller is not null ? "played by its policy" : "played by planning";

    /// <summary>State values of the last call, (B); empty where nothing estimates them.</summary>
    public ReadOnlySpan<float> Values => _controller is null ? [] : _controller.Values;

    /// <summary>Logits of the last call, (B, actions); empty where there are none.</summary>
    public ReadOnlySpan<float> Logits => _controller is null ? [] : _controller.Logits;

    /// <summary>How novel each game's last step was, (B); empty where nothing says it.</summary>
    public ReadOnlySpan<float> Novelty => _controller is { Manifest.SaysNovelty: true } ? _controller.Novelty : [];

    /// <summary>That actions were clipped, as a sentence for people; null if none was.</summary>
    public string? Clipping => _controller is null ? null : Clipped(_controller);

    /// <summary>That a controller clipped actions, as a sentence for people; null if it did not.</summary>
    public static string? Clipped(Controller controller)
    {
        (ActionSpec actions, ActionClipping clipped) = (controller.Manifest.Action, controller.Clipped);
        return clipped.Count == 0 ? null : string.Create(CultureInfo.InvariantCulture,
            $"Actions of '{controller.Manifest.Name}' left {actions.Low}..{actions.High} ({clipped.Count} numbers, "
            + $"{clipped.Least:0.###} to {clipped.Most:0.###}) and were clipped: its policy may lack the last step, which "
            + $"clips or scales.");
    }

    /// <summary>Opens what plays in a bundle; null if nothing does.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="seed">Determines the draws.</param>
    /// <param name="greedy">Whether it takes its likeliest action instead of a draw.</param>
    /// <param name="runtime">Provider, threads and variant.</param>
    /// <param name="batch">Games side by side.</param>
    /// <param name="tile">Of a planner: candidates imagined together, on one core. Null: what is the fastest here, found by trying.</param>
    /// <exception cref="BundleException">The bundle is damaged, or does not run.</exception>
    public static BundlePolicy? Open(
        string directory, ulong seed, bool greedy, RuntimeOptions runtime, int batch = 1, int? tile = null)
    {
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        if (manifest.PolicyGraphs.Length > 0)
            return new(Controller.Load(directory, new() { Batch = batch, Seed = seed, Deterministic = greedy, Runtime = runtime }), null);
        // Any world model could be planned in; only of one that says how is it known to lead anywhere.
        return manifest.Planner is null ? null : new(null, Planner.Load(directory, new()
        {
            Batch = batch, Seed = seed, Deterministic = greedy, Runtime = runtime, Tile = tile, Threads = tile is null ? null : 1,
        }));
    }

    /// <summary>Begins an episode in every game.</summary>
    public void Reset()
    {
        _controller?.Reset();
        _planner?.Reset();
    }

    /// <summary>Has every game act for a task.</summary>
    /// <param name="task">One of the manifest's tasks.</param>
    /// <exception cref="BundleException">There is no such task.</exception>
    public void SetTask(string task)
    {
        if (_controller is null)
            throw new BundleException("What plays here plans, for one task.");
        _controller.SetTask(task);
    }

    /// <summary>Chooses an action in every game.</summary>
    /// <typeparam name="TAction">long or float, as the bundle's actions are.</typeparam>
    /// <param name="observation">(B, ...observation).</param>
    /// <param name="action">(B, ...action), written.</param>
    public void Act<TAction>(ReadOnlySpan<float> observation, TAction[] action) where TAction : unmanaged
    {
        if (_planner is not null)
            _planner.Act(observation, (float[])(object)action);
        else if (action is long[] number)
            _controller!.Act(observation, number);
        else
            _controller!.Act(observation, (float[])(object)action);
    }

    /// <summary>Says that other actions were played than those that <see cref="Act"/> chose; planning takes no notice.</summary>
    /// <typeparam name="TAction">long or float, as the bundle's actions are.</typeparam>
    /// <param name="action">(B, ...action).</param>
    public void Played<TAction>(TAction[] action) where TAction : unmanaged
    {
        if (action is long[] number)
            _controller?.Played(number);
        else
            _controller?.Played((float[])(object)action);
    }

    /// <summary>Closes the bundle.</summary>
    public void Dispose()
    {
        _controller?.Dispose();
        _planner?.Dispose();
    }
}
