using WorldModels.Train;
using RangeAttribute = System.ComponentModel.DataAnnotations.RangeAttribute;

namespace WorldModels.Tests.Train;

/// <summary>Options of every type that there is.</summary>
internal sealed record TestOptions : TrainOptions
{
    [Range(0.0, 1.0)]
    public double Rate { get; init; }

    [Fixed, Range(1, 64)]
    public OptionList<int> Units { get; init; } = [64, 64];

    [Range(0.0, 10.0)]
    public OptionList<double> Scales { get; init; } = [];

    public OptionList<string> Tasks { get; init; } = ["reach"];

    public OptionList<TestMode> Modes { get; init; } = [TestMode.FirstMode];

    public TestMode Mode { get; init; }

    public double Product => Rate * Units.Count;
}

internal enum TestMode { FirstMode, SecondMode }
