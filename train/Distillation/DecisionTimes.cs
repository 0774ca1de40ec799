using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Train.Distillation;

/// <summary>How long a decision of teacher and student takes, measured in turn in one process, one thread each.</summary>
internal static class DecisionTimes
{
    private const double Seconds = 0.5;

    /// <summary>Microseconds of a decision, as figures for a card.</summary>
    public static IEnumerable<(string Name, double Value)> Measure(string teacher, string student)
    {
        foreach (int batch in (int[])[1, 1024])
        {
            using Controller first = Open(teacher, batch), second = Open(student, batch);
            IReadOnlyList<Measurement> times = Contest.Run([Contestant(first), Contestant(second)], Seconds, peakGflops: null);
            yield return ($"us_per_decision_teacher_batch{batch}", times[0].StepMedian / batch * 1e6);
            yield return ($"us_per_decision_batch{batch}", times[1].StepMedian / batch * 1e6);
        }
    }

    private static Controller Open(string bundle, int batch) =>
        Controller.Load(bundle, new() { Batch = batch, Deterministic = true, Runtime = new() { Threads = 1 } });

    private static LocalContestant Contestant(Controller controller)
    {
        Manifest manifest = controller.Manifest;
        Random random = new(1);
        float[] observations = [.. Enumerable.Range(0, controller.Batch * manifest.Observation.Size).Select(_ => random.NextSingle() * 2 - 1)];
        Measurement subject = new() { What = "controller", Batch = controller.Batch, Horizon = 1 };
        if (manifest.Action.Kind == ActionKind.Discrete)
        {
            long[] actions = new long[controller.Batch];
            return new(subject, () => controller.Act(observations, actions));
        }
        float[] numbers = new float[controller.Batch * manifest.Action.Size];
        return new(subject, () => controller.Act(observations, numbers));
    }
}
