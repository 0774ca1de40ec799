using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorldModels.Train;

/// <summary>
/// The value of an option that takes several, such as the units of each layer: <c>[64, 64]</c> in C# and JSON, <c>64,64</c> or
/// <c>[64,64]</c> on the command line. A range that the option states holds for each element. Lists of equal elements are equal, so that
/// records of options compare as a whole.
/// </summary>
/// <typeparam name="T">A type that single options have: int, long, double, bool, string or an enum.</typeparam>
[CollectionBuilder(typeof(OptionList), nameof(OptionList.Create)), JsonConverter(typeof(OptionListConverter))]
public sealed class OptionList<T> : IReadOnlyList<T>, IEquatable<OptionList<T>> where T : notnull
{
    private readonly T[] _values;

    internal OptionList(T[] values) => _values = values;

    /// <inheritdoc/>
    public T this[int index] => _values[index];

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(OptionList<T>? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OptionList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = new HashCode();
        foreach (T value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>The elements as JSON.</summary>
    public override string ToString() => OptionText.Text(this);
}

/// <summary>Makes lists of options from collection expressions.</summary>
public static class OptionList
{
    /// <summary>A list of these values.</summary>
    public static OptionList<T> Create<T>(ReadOnlySpan<T> values) where T : notnull => new(values.ToArray());

    /// <summary>The type of the elements of a type of lists; null for all other types.</summary>
    internal static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(OptionList<>) ? type.GenericTypeArguments[0] : null;
}

/// <summary>Lists of options as arrays of JSON.</summary>
internal sealed class OptionListConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => OptionList.ElementOf(typeToConvert) is not null;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(OptionList.ElementOf(typeToConvert)!))!;

    private sealed class Converter<T> : JsonConverter<OptionList<T>> where T : notnull
    {
        public override OptionList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            T[] values = JsonSerializer.Deserialize<T[]>(ref reader, options)!;
            return values.Contains(default) && default(T) is null ? throw new JsonException("null is no element of a list.") : new(values);
        }

        public override void Write(Utf8JsonWriter writer, OptionList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }
}
