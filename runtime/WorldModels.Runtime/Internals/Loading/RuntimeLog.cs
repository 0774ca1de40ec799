using Microsoft.Extensions.Logging;

namespace WorldModels.Runtime.Internals;

/// <summary>Everything that the runtime logs. Nothing of it happens at each step.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(1, LogLevel.Information, "Bundle '{Bundle}' runs on {Provider} (asked for: {Requested}).")]
    public static partial void ProviderChosen(ILogger logger, string bundle, string provider, string requested);

    [LoggerMessage(2, LogLevel.Information, "Bundle '{Bundle}': execution provider passed over: {Reason}.")]
    public static partial void ProviderPassedOver(ILogger logger, string bundle, string reason);

    [LoggerMessage(3, LogLevel.Debug, "Bundle '{Bundle}': opened graph {Graph}, form {Form}, session {Core}, placement {Placement}.")]
    public static partial void GraphOpened(ILogger logger, string bundle, string graph, string form, int core, Placement placement);

    [LoggerMessage(4, LogLevel.Warning, "Bundle '{Bundle}': graph {Graph} is partly on the CPU: {Provider} lacks an operator of it, and "
        + "each run crosses to the CPU and back. GraphPlacement.Of names the nodes.")]
    public static partial void PartlyOnCpu(ILogger logger, string bundle, string graph, string provider);

    [LoggerMessage(5, LogLevel.Information, "Bundle '{Bundle}': batch {Batch}, horizon {Horizon} runs as {Plan} (measured in "
        + "{Seconds:0.00} s).")]
    public static partial void PlanMeasured(ILogger logger, string bundle, int batch, int horizon, DreamPlan plan, double seconds);

    [LoggerMessage(6, LogLevel.Debug, "Bundle '{Bundle}': batch {Batch}, horizon {Horizon} runs as {Plan} ({Source}).")]
    public static partial void PlanKnown(ILogger logger, string bundle, int batch, int horizon, DreamPlan plan, string source);

    [LoggerMessage(7, LogLevel.Warning, "Bundle '{Bundle}': graph {Graph} ({Form}) drew another class in {NearTies} of {Draws} draws, where "
        + "the two best logits are nearly equal.")]
    public static partial void NearTies(ILogger logger, string bundle, string graph, string form, int nearTies, long draws);
}
