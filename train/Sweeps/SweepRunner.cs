using System.Diagnostics;

namespace WorldModels.Train.Sweeps;

/// <summary>
/// Trains the runs of a sweep, each in a process of its own, which ends by itself, saved, when this one ends for whatever reason. What
/// they print is kept in output.log of each run's folder.
/// </summary>
/// <param name="folder">The sweep's folder.</param>
/// <param name="algorithm">The algorithm.</param>
/// <param name="device">The device that all runs train on, by name.</param>
/// <param name="progress">Where to say how far it is.</param>
public sealed class SweepRunner(SweepFolder folder, Algorithm algorithm, string device, IProgressReport progress)
{
    private readonly Lock _gate = new();

    /// <summary>
    /// Trains the runs that are not finished yet, until all are or it is stopped. A run that fails does not stop the others.
    /// </summary>
    /// <param name="runs">The runs.</param>
    /// <param name="jobs">Processes side by side.</param>
    /// <param name="stop">When it is set, the runs at work save and end, and no other is begun.</param>
    public void Run(IReadOnlyList<SweepRun> runs, int jobs, CancellationToken stop)
    {
        SweepRun[] left = [.. runs.Where(run => !folder.IsFinished(run))];
        int done = runs.Count - left.Length;
        progress.Say($"{runs.Count} runs in {folder.Path}" + (done > 0 ? $", of which {done} are finished already" : ""));
        using IProgressTask task = progress.Start("sweep", runs.Count, done);
        Parallel.ForEachAsync(left, new ParallelOptions { MaxDegreeOfParallelism = jobs }, async (run, _) =>
        {
            if (stop.IsCancellationRequested)
                return;
            int code = ExitCode.Failed;
            try
            {
                folder.Prepare(run, algorithm);
                code = await Train(run, line => Report(done, $"{run.Name}: {line}"), stop);
                if (code == ExitCode.Done)
                    folder.Record(run, SweepOutcome.Finished);
                else if (code == ExitCode.Stopped || stop.IsCancellationRequested)
                    return;
                else
                    folder.Record(run, SweepOutcome.Failed, Failure(run, code));
            }
            catch (Exception exception) when (exception is UserException or IOException or UnauthorizedAccessException)
            {
                folder.Record(run, SweepOutcome.Failed, exception.Message);
            }
            lock (_gate)
            {
                done++;
                SweepRecord record = folder.Content.Runs.First(record => record.Folder == run.Name);
                progress.Say($"{done} of {runs.Count}: {run.Name} "
                    + (code == 0 ? SweepTable.FigureOf(folder, record).ToString() : $"failed: {record.Message}"));
            }
            Report(done, run.Name);
        }).GetAwaiter().GetResult();

        void Report(int count, string state)
        {
            lock (_gate)
                task.Report(count, state.Length > 100 ? state[..100] : state);
        }
    }

    private async Task<int> Train(SweepRun run, Action<string> said, CancellationToken stop)
    {
        ProcessStartInfo start = Tool(
            algorithm.Name, "--resume", folder.File(run.Name), "--device", device, $"--{TrainVerb.StopAtEndOfInputName}");
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using Process process = Process.Start(start)!;
        using CancellationTokenRegistration registration = stop.Register(process.StandardInput.Close);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await using (StreamWriter log = new StreamWriter(LogOf(run), append: true) { AutoFlush = true })
        {
            while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            {
                await log.WriteLineAsync(line);
                said(line.Trim());
            }
            await log.WriteAsync(await errors);
        }
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    /// <summary>Why a run failed: what a refusal says, which is its process's last line; of all other ends, where to look.</summary>
    private string Failure(SweepRun run, int code) =>
        code == ExitCode.Failed && File.ReadLines(LogOf(run)).LastOrDefault(line => line.Length > 0) is { } reason
            ? reason
            : $"its process ended with code {code}; see {LogOf(run)}";

    private string LogOf(SweepRun run) => Path.Combine(folder.File(run.Name), "output.log");

    /// <summary>This program again: its own executable, or the library that it is by dotnet.</summary>
    private static ProcessStartInfo Tool(params string[] args)
    {
        string program = Environment.ProcessPath ?? "", library = typeof(TrainApp).Assembly.Location;
        string name = Path.GetFileNameWithoutExtension(program);
        if (name == typeof(TrainApp).Assembly.GetName().Name)
            return new(program, args);
        return new(name == "dotnet" ? program : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [library, .. args]);
    }
}
