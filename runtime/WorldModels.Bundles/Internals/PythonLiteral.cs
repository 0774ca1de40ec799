using System.Globalization;
using System.Text;

namespace WorldModels.Bundles.Internals;

/// <summary>
/// Reads a Python literal, as the header of an npy file is one: dict as <see cref="Dictionary{TKey, TValue}"/>, list and tuple as
/// <see cref="List{T}"/>, string, integer (also Python 2's 3L) as long, True and False as bool, None as null.
/// </summary>
internal ref struct PythonLiteral
{
    private const int DeepestNesting = 64;      // a recursive reader must not run out of stack on a damaged file

    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _depth;

    private PythonLiteral(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The value of a text that is one literal.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static object? Parse(ReadOnlySpan<char> text)
    {
        PythonLiteral reader = new PythonLiteral(text);
        object? value = reader.Value();
        return reader.Peek() == '\0' ? value : throw new FormatException();
    }

    /// <summary>The next character that means something; zero at the end.</summary>
    private char Peek()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] == '#'))
        {
            int skipped = _text[_at] == '#' ? _text[_at..].IndexOf('\n') : 1;
            _at = skipped < 0 ? _text.Length : _at + skipped;
        }
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private bool Take(char expected)
    {
        if (Peek() != expected)
            return false;
        _at++;
        return true;
    }

    private object? Value()
    {
        if (++_depth > DeepestNesting)
            throw new FormatException();
        char next = Peek();
        object? value = next switch
        {
            '{' => Dict(),
            '[' or '(' => Sequence(),
            '-' or '+' or (>= '0' and <= '9') => Integer(),
            _ => IsString() ? Strings() : Name(),
        };
        _depth--;
        return value;
    }

    private Dictionary<string, object?> Dict()
    {
        Dictionary<string, object?> dict = new Dictionary<string, object?>();
        _at++;
        while (!Take('}'))
        {
            if (Value() is not string key || !Take(':'))
                throw new FormatException();
            dict[key] = Value();
            if (!Take(',') && Peek() != '}')
                throw new FormatException();
        }
        return dict;
    }

    /// <summary>A list or tuple; one value in parentheses without a comma is that value.</summary>
    private object? Sequence()
    {
        bool parentheses = _text[_at++] == '(';
        char end = parentheses ? ')' : ']';
        List<object?> values = [];
        while (!Take(end))
        {
            values.Add(Value());
            if (Take(','))
                continue;
            if (!Take(end))
                throw new FormatException();
            return parentheses && values.Count == 1 ? values[0] : values;
        }
        return values;
    }

    private long Integer()
    {
        int start = _at++;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        long value = long.Parse(_text[start.._at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (_at < _text.Length && _text[_at] is 'L' or 'l')
            _at++;
        return value;
    }

    private object? Name()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at]))
            _at++;
        return _text[start.._at] switch
        {
            "True" => true,
            "False" => false,
            "None" => null,
            _ => throw new FormatException(),
        };
    }

    /// <summary>Whether a string follows, which may have a prefix, as in u'f4'.</summary>
    private readonly bool IsString()
    {
        ReadOnlySpan<char> rest = _text[_at..];
        int quote = rest.IndexOfAny('\'', '"');
        return quote >= 0 && rest[..quote] is "" or "u" or "U" or "b" or "B" or "r" or "R";
    }

    /// <summary>One string, or several that follow each other, which Python joins.</summary>
    private string Strings()
    {
        string text = "";
        while (Peek() != '\0' && IsString())
        {
            bool raw = _text[_at] is 'r' or 'R';
            if (char.IsAsciiLetter(_text[_at]))
                _at++;
            text += String(raw, _text[_at++]);
        }
        return text;
    }

    private string String(bool raw, char quote)
    {
        StringBuilder? escaped = null;
        while (true)
        {
            ReadOnlySpan<char> rest = _text[_at..];
            int length = raw ? rest.IndexOf(quote) : rest.IndexOfAny(quote, '\\');
            if (length < 0)
                throw new FormatException();
            _at += length + 1;
            if (rest[length] == quote)
                return escaped is null ? rest[..length].ToString() : escaped.Append(rest[..length]).ToString();
            escaped ??= new StringBuilder();
            escaped.Append(rest[..length]).Append(Escape());
        }
    }

    private char Escape()
    {
        char escaped = Next();
        return escaped switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'v' => '\v',
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            '\\' or '\'' or '"' => escaped,
            _ => throw new FormatException(),
        };
    }

    private char Hexadecimal(int digits)
    {
        if (digits > _text.Length - _at)
            throw new FormatException();
        _at += digits;
        return (char)ushort.Parse(_text[(_at - digits).._at], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private char Next() => _at < _text.Length ? _text[_at++] : throw new FormatException();
}
