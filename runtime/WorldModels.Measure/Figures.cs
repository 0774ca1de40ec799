using System.Globalization;

namespace WorldModels.Measure;

/// <summary>Numbers as people read them, the same in every culture.</summary>
public static class Figures
{
    /// <summary>Three figures for small numbers, whole numbers with commas for large ones.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        >= 0.01 => value.ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##e+0", CultureInfo.InvariantCulture),
    };

    /// <summary>Seconds in the unit that suits.</summary>
    public static string Time(double seconds) => seconds switch
    {
        0 or >= 1 => $"{Number(seconds)} s",
        >= 1e-3 => $"{Number(seconds * 1e3)} ms",
        >= 1e-6 => $"{Number(seconds * 1e6)} us",
        _ => $"{Number(seconds * 1e9)} ns",
    };

    /// <summary>Bytes in the unit that suits, in powers of 1024.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        >= 1 << 30 => $"{Number(bytes / (1 << 30))} GiB",
        >= 1 << 20 => $"{Number(bytes / (1 << 20))} MiB",
        >= 1 << 10 => $"{Number(bytes / (1 << 10))} KiB",
        _ => $"{Number(bytes)} B",
    };

    /// <summary>Floating-point operations in the unit that suits.</summary>
    public static string Flops(double flops) => flops switch
    {
        >= 1e9 => $"{Number(flops / 1e9)} GFLOP",
        >= 1e6 => $"{Number(flops / 1e6)} MFLOP",
        >= 1e3 => $"{Number(flops / 1e3)} kFLOP",
        _ => $"{Number(flops)} FLOP",
    };

    /// <summary>A share in percent.</summary>
    public static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
