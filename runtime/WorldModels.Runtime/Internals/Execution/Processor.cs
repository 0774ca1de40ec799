using System.Runtime.Intrinsics.X86;

namespace WorldModels.Runtime.Internals;

/// <summary>What this machine's processor can do that .NET has no name for.</summary>
internal static class Processor
{
    private const int ExtendedFeatures = 7, Avx512Vnni = 1 << 11, AvxVnni = 1 << 4;

    /// <summary>Whether it multiplies 8-bit numbers and adds four products in 32 bits at once: AVX-512 VNNI or AVX-VNNI.</summary>
    public static bool HasVnni { get; } = FindVnni();

    /// <summary>Intel's Software Developer's Manual, volume 2A, CPUID: leaf 7, subleaf 0, ECX bit 11, and subleaf 1, EAX bit 4.</summary>
    private static bool FindVnni()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < ExtendedFeatures)
            return false;
        (int subleaves, int _, int ecx, int _) = X86Base.CpuId(ExtendedFeatures, 0);
        bool avx512 = Avx512F.IsSupported && (ecx & Avx512Vnni) != 0;
        return avx512 || (Avx2.IsSupported && subleaves >= 1 && (X86Base.CpuId(ExtendedFeatures, 1).Eax & AvxVnni) != 0);
    }
}
