using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Plays recorded draws back, ["i", n, value] an integer, ["u", value] a uniform; fails when the rules ask for others.</summary>
internal sealed class RecordedDraws : IRandomSource
{
    private readonly Queue<JsonElement> _draws = new();

    public int Left => _draws.Count;

    public void Add(JsonElement draws)
    {
        foreach (JsonElement draw in draws.EnumerateArray())
            _draws.Enqueue(draw);
    }

    public int Int(int n)
    {
        JsonElement draw = Next($"an integer below {n}");
        if (draw[0].GetString() != "i" || draw[1].GetInt32() != n)
            throw new InvalidOperationException($"Recorded was {draw}; the rules drew an integer below {n}.");
        return draw[2].GetInt32();
    }

    public double Uniform()
    {
        JsonElement draw = Next("a uniform");
        if (draw[0].GetString() != "u")
            throw new InvalidOperationException($"Recorded was {draw}; the rules drew a uniform.");
        return draw[1].GetDouble();
    }

    private JsonElement Next(string wanted) => _draws.TryDequeue(out JsonElement draw)
        ? draw
        : throw new InvalidOperationException($"No draw is left; the rules drew {wanted}.");
}
