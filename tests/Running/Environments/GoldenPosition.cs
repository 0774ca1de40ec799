using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Reads the positions of the golden files and compares games with them.</summary>
internal static class GoldenPosition
{
    public static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Environments", "golden", "minipacman");

    public static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, file))).RootElement;

    public static MiniPacmanMode Mode(JsonElement root) =>
        MiniPacmanMode.All.Single(mode => mode.Name == root.GetProperty("mode").GetString());

    /// <summary>A position with its food, 138 digits over the walkable cells.</summary>
    public static MiniPacmanState State(JsonElement position)
    {
        string food = position.GetProperty("food").GetString()!;
        bool[] cells = new bool[MiniPacmanMaze.Cells];
        for (int i = 0; i < food.Length; i++)
            cells[MiniPacmanMaze.Free[i]] = food[i] == '1';
        return MiniPacmanState.Create(
            Cell(position.GetProperty("p")),
            [.. position.GetProperty("g").EnumerateArray().Select(ghost => new MiniPacmanGhost(Cell(ghost), ghost[2].GetInt32()))],
            [.. position.GetProperty("pills").EnumerateArray().Select(Cell)],
            cells,
            position.GetProperty("pw").GetInt32(),
            position.GetProperty("lvl").GetInt32(),
            position.GetProperty("t").GetInt32(),
            position.GetProperty("fr").GetInt32());
    }

    /// <summary>The position in the words of the golden files, so that a difference reads at a glance.</summary>
    public static string Describe(MiniPacmanState state, bool food = false)
    {
        string ghosts = string.Join(",", state.Ghosts.ToArray().Select(ghost => $"[{Pair(ghost.Cell)},{ghost.Facing}]"));
        string pills = string.Join(",", state.Pills.ToArray().Select(pill => $"[{Pair(pill)}]"));
        string text = $"{{\"p\":[{Pair(state.Pacman)}],\"g\":[{ghosts}],\"pills\":[{pills}]," +
            $"\"pw\":{state.Power},\"lvl\":{state.Level},\"t\":{state.Timer},\"nf\":{state.FoodLeft},\"fr\":{state.Frame}";
        if (food)
        {
            bool[] cells = state.Food.ToArray();
            text += $",\"food\":\"{string.Concat(MiniPacmanMaze.Free.Select(cell => cells[cell] ? '1' : '0'))}\"";
        }
        return text + "}";

        static string Pair(int cell) => $"{cell / MiniPacmanMaze.Columns},{cell % MiniPacmanMaze.Columns}";
    }

    /// <summary>As 285 characters: # wall, . food, _ empty, * pill, P pacman, G ghost, a..t edible ghost at power 1..20.</summary>
    public static string Grid(ReadOnlySpan<float> observation)
    {
        byte[] classes = new byte[MiniPacmanMaze.Cells];
        MiniPacmanPixels.Classify<byte>(observation, classes);
        char[] grid = new char[classes.Length];
        for (int cell = 0; cell < classes.Length; cell++)
        {
            float green = observation[MiniPacmanMaze.Cells + cell];
            grid[cell] = (MiniPacmanPixel)classes[cell] == MiniPacmanPixel.EdibleGhost
                ? (char)('a' - 1 + (int)MathF.Round(green * MiniPacmanGame.PillDuration))
                : "*P.#?_G"[classes[cell]];
        }
        return new(grid);
    }

    /// <summary>Checks the picture by its two hashes, and in full where the file has it.</summary>
    public static void AssertPicture(JsonElement expected, ReadOnlySpan<float> observation, string where)
    {
        string grid = Grid(observation);
        if (expected.TryGetProperty("grid", out JsonElement full))
            Same(grid, full.GetString()!, $"{where}: grid");
        if (expected.TryGetProperty("sha_grid", out JsonElement hash))
            Same(Hash(Encoding.ASCII.GetBytes(grid)), hash.GetString()!, $"{where}: sha_grid");
        Same(Hash(MemoryMarshal.AsBytes(observation)), expected.GetProperty("sha_rgb").GetString()!, $"{where}: sha_rgb");
    }

    /// <summary>Assert.That costs microseconds even when it holds; thousands of comparisons go through this.</summary>
    public static void Same<T>(T actual, T expected, string what) where T : IEquatable<T>
    {
        if (!actual.Equals(expected))
            Assert.Fail($"{what}:\n expected {expected}\n but was  {actual}");
    }

    private static int Cell(JsonElement pair) => pair[0].GetInt32() * MiniPacmanMaze.Columns + pair[1].GetInt32();

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
}
