using System.Globalization;

namespace WorldModels.Onnx;

/// <summary>
/// A size in the form <c>coefficient * factors + offset</c>, for example 4*batch or past+1. A factor is a name, or a bracketed expression
/// that has no such form.
/// </summary>
internal readonly struct SizeExpression
{
    private readonly long _coefficient, _offset;
    private readonly string[] _factors;     // sorted; empty: the size is the offset alone

    private SizeExpression(long coefficient, string[] factors, long offset)
    {
        bool constant = coefficient == 0 || factors.Length == 0;
        _coefficient = constant ? 0 : coefficient;
        _factors = constant ? [] : [.. factors.Order(StringComparer.Ordinal)];
        _offset = offset + (constant && factors.Length == 0 ? coefficient : 0);
    }

    public static SizeExpression Constant(long value) => new(0, [], value);

    public static SizeExpression Of(AxisSize dim) => dim.Name is null ? Constant(dim.Value) : Parse(dim.Name);

    public AxisSize ToDim() => _factors.Length == 0 ? checked((int)_offset) : AxisSize.Dynamic(ToString());

    public override string ToString()
    {
        if (_factors.Length == 0)
            return _offset.ToString(CultureInfo.InvariantCulture);
        string product = (_coefficient == 1 ? "" : $"{_coefficient}*") + string.Join('*', _factors);
        return _offset switch { 0 => product, > 0 => $"{product}+{_offset}", _ => $"{product}{_offset}" };
    }

    public static SizeExpression operator +(SizeExpression a, SizeExpression b)
    {
        if (a._factors.Length == 0)
            return new(b._coefficient, b._factors, a._offset + b._offset);
        if (b._factors.Length == 0 || a._factors.SequenceEqual(b._factors))
            return new(a._coefficient + b._coefficient, a._factors, a._offset + b._offset);
        return new(1, [$"({a}+{b})"], 0);
    }

    public static SizeExpression operator *(SizeExpression a, SizeExpression b)
    {
        if (a._factors.Length == 0)
            return new(b._coefficient * a._offset, b._factors, b._offset * a._offset);
        if (b._factors.Length == 0)
            return b * a;
        (a, b) = (a.WithoutOffset(), b.WithoutOffset());
        return new(a._coefficient * b._coefficient, [.. a._factors, .. b._factors], 0);
    }

    public SizeExpression? DividedBy(SizeExpression b)
    {
        if (b._factors.Length == 0)
        {
            long d = b._offset;
            return d != 0 && _coefficient % d == 0 && _offset % d == 0 ? new(_coefficient / d, _factors, _offset / d) : null;
        }
        if (_factors.SequenceEqual(b._factors) && _coefficient * b._offset == _offset * b._coefficient
            && _coefficient % b._coefficient == 0)
        {
            return Constant(_coefficient / b._coefficient);
        }

        SizeExpression a = WithoutOffset();
        b = b.WithoutOffset();
        List<string> left = [.. a._factors];
        bool divides = a._coefficient % b._coefficient == 0 && b._factors.All(left.Remove);
        return divides ? Of(new SizeExpression(a._coefficient / b._coefficient, [.. left], 0).ToDim()) : null;      // drops a last bracket
    }

    /// <summary>The value of an expression, with the sizes of the names in it.</summary>
    /// <exception cref="KeyNotFoundException">A name has no value.</exception>
    public static long Evaluate(string expression, IReadOnlyDictionary<string, long> sizes)
    {
        if (sizes.TryGetValue(expression, out long given))
            return given;
        if (Call(expression, "min(") is { } arguments)
        {
            return Cut(arguments, ',') is var comma and > 0
                ? Math.Min(Evaluate(arguments[..comma], sizes), Evaluate(arguments[(comma + 1)..], sizes))
                : throw Unknown(expression, sizes);
        }

        if (Call(expression, "(") is { } inner)
            return Evaluate(inner, sizes);
        foreach (char op in "+-*")      // the loosest first, at its last place: left-associative
        {
            if (Cut(expression, op) is var at and > 0)
            {
                long a = Evaluate(expression[..at], sizes), b = Evaluate(expression[(at + 1)..], sizes);
                return op switch { '+' => a + b, '-' => a - b, _ => a * b };
            }
        }
        return long.TryParse(expression, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Unknown(expression, sizes);
    }

    private static KeyNotFoundException Unknown(string name, IReadOnlyDictionary<string, long> sizes) =>
        new($"The size '{name}' has no value: give one (known: {(sizes.Count == 0 ? "none" : string.Join(", ", sizes.Keys))}).");

    private SizeExpression WithoutOffset() => _offset == 0 ? this : new(1, [$"({this})"], 0);

    private static SizeExpression Parse(string text)
    {
        long offset = 0;
        int sign = Math.Max(Cut(text, '+'), Cut(text, '-'));
        if (sign > 0 && long.TryParse(text.AsSpan(sign), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out offset))
            text = text[..sign];
        if (Math.Max(Cut(text, '+'), Cut(text, '-')) > 0)
            return new(1, [$"({text})"], offset);
        if (offset == 0 && Call(text, "(") is { } inner && Parse(inner) is { _factors: not [['(', ..]] } simple)
            return simple;

        List<string> factors = [];
        long coefficient = 1;
        for (int star = Cut(text, '*'); ; star = Cut(text, '*'))
        {
            string factor = text[(star + 1)..];
            if (long.TryParse(factor, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                coefficient *= number;
            else
                factors.Add(factor);
            if (star <= 0)
                break;
            text = text[..star];
        }
        return new(coefficient, [.. factors], offset);
    }

    /// <summary>What stands between the brackets when the whole text is one call, for example "min(" ... ")".</summary>
    private static string? Call(string text, string head) =>
        text.StartsWith(head, StringComparison.Ordinal) && Closing(text, head.Length - 1) == text.Length - 1
            ? text[head.Length..^1]
            : null;

    private static int Closing(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        return -1;
    }

    /// <summary>Last place of a character outside brackets; -1 if there is none.</summary>
    private static int Cut(string text, char c)
    {
        int depth = 0;
        for (int i = text.Length - 1; i > 0; i--)
        {
            depth += text[i] == ')' ? 1 : text[i] == '(' ? -1 : 0;
            if (depth == 0 && text[i] == c)
                return i;
        }
        return -1;
    }
}
