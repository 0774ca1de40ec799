using System.Reflection;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>What PureHDF knows and does not say: its version is pinned, and a test reads files in which each of these counts.</summary>
internal static class Hidden
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>A property of a type, whoever may see it.</summary>
    /// <exception cref="MissingMemberException">There is no such property: another version of the library.</exception>
    public static object? Get(Type type, string property, object of) =>
        (type.GetProperty(property, Any) ?? throw new MissingMemberException(type.FullName, property)).GetValue(of);
}
