using WorldModels.Bundles;
namespace WorldModels.Runtime;

/// <summary>
/// What is wrong with a bundle, a file of one, an execution provider, or the way either was used.
/// The message is fit for a user as it stands: it names the thing, what was expected, what was found, and what to do.
/// </summary>
public class BundleException : Exception
{
    /// <summary>An error with a message for the user.</summary>
    /// <param name="message">Names the thing, what was expected, and what to do.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public BundleException(string message, Exception? inner = null) : base(message, inner) { }

    /// <summary>One message that lists several problems of one thing.</summary>
    internal static BundleException Of(string thing, IReadOnlyList<string> problems) =>
        new(InvalidData.List(thing, problems));

    /// <summary>Reads a file of a bundle; what is wrong with it is what is wrong with the bundle.</summary>
    internal static T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new BundleException(e.Message, e);
        }
    }
}
