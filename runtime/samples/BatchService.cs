using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using WorldModels.Runtime;

namespace WorldModels.Samples;

/// <summary>
/// A policy as a service: <c>POST /act</c> with <c>{"session": "a", "observation": [...], "first": true}</c>. Each session has a row of one
/// controller, which carries its state. Requests that come while a step runs share the next one, so that the machine computes for many
/// sessions at once; rows whose session asked for nothing are taken back.
/// </summary>
internal static class BatchService
{
    public static async Task Run(string bundle, string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await using WebApplication app = builder.Build();
        using Controller controller = Controller.Load(bundle, new() { Batch = Batcher.MostSessions, Deterministic = true });
        Game.ExpectContinuous(controller.Manifest);
        Batcher batcher = new(controller);
        app.MapPost("/act", batcher.Act);
        app.MapDelete("/sessions/{session}", batcher.End);
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{controller.Manifest.Name} listens on {app.Urls.First()}"));
        Task steps = Task.Run(() => batcher.Run(app.Lifetime.ApplicationStopping));
        await app.RunAsync();
        await steps;
    }
}

/// <summary>A request.</summary>
/// <param name="Session">Whose step it is.</param>
/// <param name="Observation">What it sees.</param>
/// <param name="First">Whether an episode begins with it.</param>
internal sealed record ActRequest(string Session, float[] Observation, bool First);

/// <summary>What is answered.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Together">Requests that shared the step.</param>
internal sealed record ActAnswer(float[] Action, int Together);

/// <summary>Gathers requests, and takes their steps together.</summary>
internal sealed class Batcher(Controller controller)
{
    /// <summary>Sessions at a time.</summary>
    public const int MostSessions = 64;

    private readonly record struct Waiting(int Row, ActRequest Request, TaskCompletionSource<ActAnswer> Answer);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(4 * MostSessions);
    private readonly Dictionary<string, int> _rows = [];
    private readonly Stack<int> _free = new(Enumerable.Range(0, MostSessions));
    private readonly int _seen = controller.Manifest.Observation.Size, _moves = controller.Manifest.Action.Size;

    public async Task<IResult> Act(ActRequest request, CancellationToken gone)
    {
        if (string.IsNullOrEmpty(request.Session))
            return Results.BadRequest("'session' has to name who acts.");
        if (request.Observation?.Length != _seen)
            return Results.BadRequest($"'observation' has {request.Observation?.Length ?? 0} numbers; expected {_seen}.");
        // Infinity, which 1e39 is read as, would fail the step of all who share it.
        if (request.Observation.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            return Results.BadRequest("'observation' has infinity: give numbers that a float holds.");
        if (RowOf(request.Session, out bool isNew) is not { } row)
            return Results.Conflict($"There are {MostSessions} sessions; end one: DELETE /sessions/NAME.");
        if (isNew)
            request = request with { First = true }; // the row may have been another session's
        TaskCompletionSource<ActAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync(new(row, request, answer), gone);
        try
        {
            return Results.Ok(await answer.Task);
        }
        catch (BundleException e)
        {
            return Results.BadRequest(e.Message);
        }
    }

    public IResult End(string session)
    {
        lock (_rows)
        {
            if (!_rows.Remove(session, out int row))
                return Results.NotFound($"There is no session '{session}'.");
            _free.Push(row);
            return Results.NoContent();
        }
    }

    /// <summary>Takes steps until the service stops: nobody else uses the controller.</summary>
    public async Task Run(CancellationToken stop)
    {
        float[] observations = new float[MostSessions * _seen], actions = new float[MostSessions * _moves];
        SortedDictionary<int, Waiting> step = [];
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stop))
            {
                step.Clear();
                // A second request of a session waits for the next step.
                while (_waiting.Reader.TryPeek(out Waiting next) && step.TryAdd(next.Row, next))
                {
                    _waiting.Reader.TryRead(out _);
                    next.Request.Observation.CopyTo(observations, next.Row * _seen);
                }
                Take(step, observations, actions);
            }
        }
        catch (OperationCanceledException)
        {
            _waiting.Writer.Complete();
            while (_waiting.Reader.TryRead(out Waiting left))
                left.Answer.TrySetCanceled(stop);
        }
    }

    private void Take(SortedDictionary<int, Waiting> step, float[] observations, float[] actions)
    {
        try
        {
            controller.Reset([.. step.Values.Where(waiting => waiting.Request.First).Select(waiting => waiting.Row)]);
            controller.Act(observations, actions);
            controller.TakeBack([.. Enumerable.Range(0, MostSessions).Where(row => !step.ContainsKey(row))]);
            foreach ((int row, Waiting waiting) in step)
                waiting.Answer.SetResult(new(actions[(row * _moves)..((row + 1) * _moves)], step.Count));
        }
        catch (BundleException e)
        {
            foreach (Waiting waiting in step.Values)
                waiting.Answer.TrySetException(e);
        }
    }

    private int? RowOf(string session, out bool isNew)
    {
        lock (_rows)
        {
            isNew = !_rows.TryGetValue(session, out int row);
            if (isNew)
            {
                if (!_free.TryPop(out row))
                    return null;
                _rows[session] = row;
            }
            return row;
        }
    }
}
