using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace WorldModels.Native.Internals;

/// <summary>The caller's memory, looked at before it is used. What is wrong is an <see cref="ArgumentException"/> that names it.</summary>
internal static unsafe class Caller
{
    /// <summary>An array of exactly so many elements.</summary>
    public static Span<T> Array<T>(T* data, nuint count, long expected, string name, string shape) where T : unmanaged
    {
        if (data is null)
            throw new ArgumentException($"'{name}' is NULL: expected {expected} elements, {shape}.");
        if (count != (nuint)expected)
            throw new ArgumentException($"'{name}' has {count} elements: expected {expected}, {shape}.");
        return new(data, checked((int)expected));
    }

    /// <summary>Numbers of rows, however many of them.</summary>
    public static ReadOnlySpan<int> Rows(int* rows, nuint count, int all)
    {
        ReadOnlySpan<int> given = new(rows, checked((int)count));
        int unknown = given.IndexOfAnyExceptInRange(0, all - 1);
        return unknown < 0 ? given : throw new ArgumentException($"There is no row {given[unknown]}: rows are 0 to {all - 1}.");
    }

    /// <summary>Steps that an action lasts.</summary>
    public static int Repeat(int actionRepeat) => actionRepeat >= 0
        ? Math.Max(1, actionRepeat)
        : throw new ArgumentException($"'action_repeat' is {actionRepeat}: give a number from 1 on, or 0 for 1.");

    /// <summary>Where a result goes.</summary>
    public static ref T Result<T>(T* target, string name) where T : unmanaged
    {
        if (target is null)
            throw new ArgumentException($"'{name}' is NULL: give the address that takes the result.");
        return ref Unsafe.AsRef<T>(target);
    }

    /// <summary>A structure that begins with its size.</summary>
    public static ref T Structure<T>(T* structure, string name) where T : unmanaged
    {
        if (structure is null)
            throw new ArgumentException($"'{name}' is NULL: give the address of a structure whose struct_size is {sizeof(T)}.");
        if (*(uint*)structure != sizeof(T))
        {
            throw new ArgumentException($"The struct_size of '{name}' is {*(uint*)structure}, in this library {sizeof(T)}: set it to its "
                + "sizeof, and compile with this library's worldmodels.h.");
        }
        return ref Unsafe.AsRef<T>(structure);
    }

    /// <summary>A text in UTF-8.</summary>
    public static string Text(byte* text, string name) => OptionalText(text)
        ?? throw new ArgumentException($"'{name}' is NULL: give a text in UTF-8.");

    /// <summary>A text in UTF-8; null where there is none.</summary>
    public static string? OptionalText(byte* text) =>
        text is null ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    /// <summary>Memory that holds a text for ever.</summary>
    public static byte* Forever(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)bytes + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(memory, bytes));
        return memory;
    }
}
