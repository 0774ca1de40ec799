using System.Buffers.Binary;
using System.Text;

namespace WorldModels.TorchSharpRepair;

/// <summary>
/// Lets libLibTorchSharp.so load on a libstdc++ older than GCC 13's.
/// <para>
/// It was linked by GCC 13, and asks for one symbol that older libraries lack, <c>std::ios_base_library_init</c> of version GLIBCXX_3.4.32. It
/// never calls it: the mere demand makes sure that the library sets up its streams. Older programs demand the constructor of
/// <c>std::ios_base::Init</c> of version GLIBCXX_3.4 for the same purpose, which all libraries have, newer ones too. So the symbol's name, and
/// the name and the hash of its version, are exchanged in place. What else the file needs is GLIBCXX_3.4.30 at most, which GCC 12's has.
/// </para>
/// </summary>
public static class StreamInitialisation
{
    private const string Symbol = "_ZSt21ios_base_library_initv", OlderSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const string Version = "GLIBCXX_3.4.32", OlderVersion = "GLIBCXX_3.4";

    /// <summary>A repaired copy of libLibTorchSharp.so.</summary>
    /// <exception cref="RepairException">What is to be exchanged does not stand there exactly once.</exception>
    public static byte[] Repair(byte[] library)
    {
        byte[] repaired = [.. library];
        Exchange(repaired, Text(Symbol, Symbol), Text(OlderSymbol, Symbol), Symbol);
        Exchange(repaired, Text(Version, Version), Text(OlderVersion, Version), Version);
        Exchange(repaired, Hash(Version), Hash(OlderVersion), $"the hash of {Version}");
        return repaired;
    }

    private static void Exchange(byte[] library, byte[] old, byte[] new_, string what)
    {
        int place = library.AsSpan().IndexOf(old);
        if (place < 0 || library.AsSpan(place + 1).IndexOf(old) >= 0)
            throw new RepairException($"{what} does not stand in libLibTorchSharp.so exactly once.");
        new_.CopyTo(library, place);
    }

    /// <summary>A name as the string table has it, filled with zeros to the length of another one.</summary>
    private static byte[] Text(string name, string length)
    {
        byte[] bytes = new byte[length.Length + 2]; // Zeros before and after bound it: it is no part of a longer name.
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(1));
        return bytes;
    }

    /// <summary>The hash of a version's name, as .gnu.version_r has it (System V ABI, chapter 5, "Hash Table").</summary>
    private static byte[] Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, hash);
        return bytes;
    }
}
