using System.Runtime.InteropServices;
using System.Text;
using WorldModels.Environments.MuJoCo;
using WorldModels.Runtime;

namespace WorldModels.Native.Internals;

/// <summary>The text of each thread's last failure, in memory that C may read, and the status that an exception becomes.</summary>
internal sealed unsafe class LastError
{
    // Not freed by a thread's end itself, but when its LastError is collected after that.
    [ThreadStatic]
    private static LastError? _ofThread;

    private static readonly byte* None = (byte*)NativeMemory.AllocZeroed(1);

    private byte* _text;

    ~LastError() => NativeMemory.Free(_text);

    /// <summary>UTF-8 with a terminating zero; "" before the first failure.</summary>
    public static byte* Text => _ofThread is null ? None : _ofThread._text;

    /// <summary>Keeps what an exception says, and names its kind.</summary>
    public static int Keep(Exception exception)
    {
        try
        {
            (Status status, string text) = Explain(exception);
            (_ofThread ??= new()).Set(text);
            return (int)status;
        }
        catch (OutOfMemoryException)
        {
            return (int)Status.NoMemory; // Not even for the text.
        }
    }

    private static (Status Status, string Text) Explain(Exception exception) => exception switch
    {
        HandleException refused => (refused.Status, refused.Message),
        GraphOutputException => (Status.BadOutput, exception.Message),
        _ when MissingLibrary(exception) is { } library => (Status.NoLibrary, library),
        BundleException => (Status.BadBundle, exception.Message),
        ArgumentOutOfRangeException { ActualValue: not null } beyond => (Status.BadArgument, beyond.Message.ReplaceLineEndings(" ")),
        ArgumentException => (Status.BadArgument, exception.Message),
        InvalidOperationException => (Status.BadState, exception.Message),
        OutOfMemoryException => (Status.NoMemory, "There is not enough memory."),
        _ => (Status.Internal, $"{exception.GetType().Name}: {exception.Message}"),
    };

    /// <summary>What says that a library is missing may be wrapped in what could not begin without it.</summary>
    private static string? MissingLibrary(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is MuJoCoException)
                return cause.Message;
            if (cause is DllNotFoundException)
            {
                return "ONNX Runtime is not there: its library (libonnxruntime.so, onnxruntime.dll, libonnxruntime.dylib) has to lie "
                    + $"beside libworldmodels, where publishing put both. {cause.Message}";
            }
        }
        return null;
    }

    private void Set(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        _text = (byte*)NativeMemory.Realloc(_text, (nuint)bytes + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(_text, bytes));
        _text[bytes] = 0;
    }
}
