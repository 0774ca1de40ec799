namespace WorldModels.Bundles.Internals;

/// <summary>
/// Why something is not read, and what to do, without a full stop. Callers of the library get an <see cref="InvalidDataException"/>,
/// which is sealed and so cannot tell our words from those of a decompressor.
/// </summary>
internal sealed class NpyRefusal(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether an exception says that a file is not what it should be, or does not let itself be read.</summary>
    public static bool Covers(Exception exception) => exception is NpyRefusal or InvalidDataException or IOException or OverflowException
        or FormatException or UnauthorizedAccessException;

    /// <summary>What is told of a covered exception.</summary>
    public static string TextOf(Exception exception) => exception switch
    {
        NpyRefusal => exception.Message,
        EndOfStreamException or OverflowException or FormatException => $"it is cut short or damaged. {FileHead.Again}",
        InvalidDataException => $"it is damaged ({exception.Message.TrimEnd('.')}). {FileHead.Again}",
        _ => exception.Message.TrimEnd('.'),
    };

    /// <summary>What a caller of the library gets.</summary>
    /// <param name="exception">A covered exception.</param>
    /// <param name="path">The file, if it was one.</param>
    public static InvalidDataException ToCaller(Exception exception, string? path) =>
        new(path is null ? $"{TextOf(exception)}." : $"'{path}' cannot be read: {TextOf(exception)}.", exception);
}
