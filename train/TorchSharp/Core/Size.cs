using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The shape of a tensor.</summary>
    public readonly struct Size : IEnumerable<long>
    {
        private readonly long[] shape;

        public static Size Empty = new(Array.Empty<long>());

        public Size(long[] shape) => this.shape = [.. shape];
        public Size(int[] shape) => this.shape = [.. shape.Select(d => (long)d)];
        public Size(IEnumerable<long> shape) => this.shape = [.. shape];
        public Size(long size) => shape = [size];

        public static implicit operator Size(long size) => new(size);
        public static implicit operator Size(long[] size) => new(size);
        public static implicit operator Size((long, long) size) => new([size.Item1, size.Item2]);
        public static implicit operator Size((long, long, long) size) => new([size.Item1, size.Item2, size.Item3]);
        public static implicit operator Size((long, long, long, long) size) => new([size.Item1, size.Item2, size.Item3, size.Item4]);

        public long[] Shape => shape;
        public int Length => shape.Length;
        public bool IsScalar => shape.Length == 0;
        public bool IsEmpty => shape.Length == 0;
        public long this[int idx] => shape[idx];
        public long numel() => shape.Aggregate(1L, (a, b) => a * b);

        public static bool operator ==(Size left, Size right) => left.shape.AsSpan().SequenceEqual(right.shape);
        public static bool operator !=(Size left, Size right) => !(left == right);
        public override bool Equals(object? obj) => obj is Size other && this == other;
        public override int GetHashCode() => shape.Aggregate(17, HashCode.Combine);

        public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)shape).GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
