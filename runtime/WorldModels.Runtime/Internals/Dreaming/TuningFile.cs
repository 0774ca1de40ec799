using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>What a plan was measured for.</summary>
internal sealed record TuningKey(
    string Purpose, int Batch, int Horizon, DreamOutputs Outputs, string Variant, int? Tile, int? Threads,
    bool? Unroll);

/// <summary>
/// Plans measured on this machine, beside the bundle in <c>NAME.tuning.json</c> (of a bundle whose files are links into a store that
/// others share, in the user's folder for the data of applications): a cache, which may be deleted, and is made anew when the machine,
/// ONNX Runtime or the bundle changes. Where it cannot be written, every process measures for itself.
/// </summary>
internal sealed record TuningFile(string Machine, string Bundle, List<TuningFile.Entry> Plans)
{
    private static readonly object Gate = new();

    public sealed record Entry(TuningKey For, DreamPlan Plan);

    public static DreamPlan? Find(Bundle bundle, TuningKey key)
    {
        lock (Gate)
            return Read(bundle)?.Plans.LastOrDefault(e => e?.For == key)?.Plan;
    }

    public static void Keep(Bundle bundle, TuningKey key, DreamPlan plan)
    {
        lock (Gate)
        {
            TuningFile file = Read(bundle) ?? new(MachineName(), Fingerprint(bundle), []);
            file.Plans.RemoveAll(e => e?.For == key);
            file.Plans.Add(new(key, plan));
            try
            {
                byte[] json = JsonSerializer.SerializeToUtf8Bytes(file, TuningJson.Default.TuningFile);
                if (PathOf(bundle) is not { } path)
                    return;
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                AtomicFile.Write(path, stream => stream.Write(json));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A cache that cannot be written costs a second next time, no more.
            }
        }
    }

    /// <summary>Where the file of a bundle is, however the bundle is reached; null where the user has no place for it.</summary>
    public static string? PathOf(Bundle bundle)
    {
        string directory = BundleFiles.RealDirectory(bundle.FullPath);
        if (!BundleFiles.IsShared(directory, Manifest.FileName))
            return directory + ".tuning.json";
        const Environment.SpecialFolder Data = Environment.SpecialFolder.LocalApplicationData;
        string user = Environment.GetFolderPath(Data, Environment.SpecialFolderOption.DoNotVerify);
        return user.Length == 0 ? null : Path.Combine(user, "WorldModels", $"{Fingerprint(bundle)[..16]}.tuning.json");
    }

    /// <summary>The file, if it is of this machine and bundle.</summary>
    private static TuningFile? Read(Bundle bundle)
    {
        try
        {
            string? path = PathOf(bundle);
            if (!File.Exists(path))
                return null;
            TuningFile? file = JsonSerializer.Deserialize(File.ReadAllBytes(path), TuningJson.Default.TuningFile);
            return file?.Machine == MachineName() && file.Bundle == Fingerprint(bundle) && file.Plans is not null ? file : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string Fingerprint(Bundle bundle) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(bundle.Manifest.ToJson()))).ToLowerInvariant();

    private static string MachineName() => $"{Processor()}, {Environment.ProcessorCount} cores, "
        + $"{RuntimeInformation.OSDescription}, ONNX Runtime {ExecutionProviders.NativeVersion}";

    /// <summary>The processor's own name for itself (CPUID leaves 0x80000002 to 4), or its architecture.</summary>
    private static string Processor()
    {
        if (!X86Base.IsSupported)
            return RuntimeInformation.ProcessArchitecture.ToString();
        Span<byte> name = stackalloc byte[48];
        for (int leaf = 0; leaf < 3; leaf++)
        {
            (int a, int b, int c, int d) = X86Base.CpuId(unchecked((int)0x80000002) + leaf, 0);
            ReadOnlySpan<int> registers = [a, b, c, d];
            MemoryMarshal.AsBytes(registers).CopyTo(name[(16 * leaf)..]);
        }
        return Encoding.ASCII.GetString(name).Trim('\0', ' ');
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TuningFile))]
internal sealed partial class TuningJson : JsonSerializerContext;
