using System.Runtime.InteropServices;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>The memory of one noise input and how to draw it.</summary>
/// <param name="graph">The graph that reads it.</param>
/// <param name="tensor">The input.</param>
/// <param name="buffer">Its memory.</param>
/// <param name="firstRow">The row of the batch that the memory begins with.</param>
/// <param name="rows">Rows.</param>
/// <param name="purpose">What the stream's name begins with.</param>
/// <param name="numbers">Whose noise each row of the batch draws; null: its own.</param>
internal sealed class NoiseInput(string graph, TensorSpec tensor, TensorBuffer buffer, int firstRow, int rows, string purpose = "",
    uint[]? numbers = null)
{
    private readonly uint _stream = Philox.Stream(purpose + (tensor.Stream ?? $"{graph}/{tensor.Name}"));

    /// <summary>Draws every row for a step.</summary>
    public void Draw(ulong seed, uint step)
    {
        Span<float> draws = buffer.Overwrite<float>()[..(rows * buffer.RowSize)];
        Span<uint> words = MemoryMarshal.Cast<float, uint>(draws);
        for (int row = 0; row < rows; row++)
        {
            uint number = numbers is null ? (uint)(firstRow + row) : numbers[firstRow + row];
            Philox.FillWords(new NoiseKey(seed, number, step, _stream), words.Slice(row * buffer.RowSize, buffer.RowSize));
        }
        // All rows at once: short rows would leave most of each vector empty.
        Draws.FromWords(tensor.Noise!.Value, draws);
    }

    /// <summary>Draws every row at a place of its own.</summary>
    public void Draw(ulong seed, ReadOnlySpan<DrawPlace> places)
    {
        Span<float> draws = buffer.Overwrite<float>()[..(rows * buffer.RowSize)];
        Span<uint> words = MemoryMarshal.Cast<float, uint>(draws);
        for (int row = 0; row < rows; row++)
        {
            NoiseKey key = new NoiseKey(seed, places[row].Row, places[row].Step, _stream);
            Philox.FillWords(key, words.Slice(row * buffer.RowSize, buffer.RowSize));
        }
        Draws.FromWords(tensor.Noise!.Value, draws);
    }
}

/// <summary>Whose noise a row draws: that of a row, at a step. So what is dealt to rows anew keeps its draws wherever it runs.</summary>
internal readonly record struct DrawPlace(uint Row, uint Step);
