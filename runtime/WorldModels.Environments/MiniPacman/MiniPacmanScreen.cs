namespace WorldModels.Environments;

/// <summary>
/// The picture of a game, (3, 15, 19), kept from step to step: drawing repairs the cells where actors were and paints those where they
/// are, so it costs a few cells and not 855 numbers; only a new level is painted whole.
/// </summary>
internal sealed class MiniPacmanScreen
{
    private const int Cells = MiniPacmanMaze.Cells;

    /// <summary>Green of a ghost by power: the countdown an agent sees.</summary>
    private static readonly float[] Countdown =
        [.. Enumerable.Range(0, MiniPacmanGame.PillDuration + 1).Select(power => (float)(power / (double)MiniPacmanGame.PillDuration))];

    private static readonly float[] FreshLevel = PaintFreshLevel();

    private readonly float[] _image = new float[3 * Cells];
    private int[] _actors = new int[16];
    private int _actorCount;
    private int _power;
    private bool _invalid = true;

    public ReadOnlySpan<float> Image => _image;

    public void CopyTo(Span<float> observation)
    {
        // Plane by plane: above 2 KB the runtime leaves a copy to the C library, whose string instruction takes ten times as long
        // on some processors, depending on where the buffers lie.
        for (int plane = 0; plane < _image.Length; plane += Cells)
            _image.AsSpan(plane, Cells).CopyTo(observation.Slice(plane, Cells));
    }

    /// <summary>The next <see cref="Draw"/> starts from an empty picture.</summary>
    public void Invalidate() => _invalid = true;

    public void Draw(MiniPacmanState state)
    {
        if (_invalid)
        {
            DrawBackground(state);
        }
        else
        {
            foreach (int cell in _actors.AsSpan(0, _actorCount))
                Paint(cell, Background(state, cell));
        }
        _invalid = false;

        ReadOnlySpan<MiniPacmanGhost> ghosts = state.Ghosts;
        if (_actors.Length <= ghosts.Length)
            _actors = new int[2 * ghosts.Length];
        _actorCount = 0;
        _power = state.Power;
        foreach (MiniPacmanGhost ghost in ghosts)
        {
            PaintGhost(ghost.Cell);
            _actors[_actorCount++] = ghost.Cell;
        }
        Paint(state.Pacman, MiniPacmanPixel.Pacman);
        _actors[_actorCount++] = state.Pacman;
    }

    /// <summary>Writes what is seen: at the end of a timed level this is not what the state would draw.</summary>
    public void Save(BinaryWriter writer)
    {
        Span<byte> pixels = stackalloc byte[Cells];
        MiniPacmanPixels.Classify<byte>(_image, pixels);
        writer.Write((byte)_power);
        writer.Write(pixels);
    }

    public void Restore(BinaryReader reader)
    {
        int power = reader.ReadByte();
        Span<byte> pixels = stackalloc byte[Cells];
        for (int cell = 0; cell < Cells; cell++)
            pixels[cell] = reader.ReadByte();
        if (power > MiniPacmanGame.PillDuration)
            throw new ArgumentException($"This is no picture of MiniPacman: its power {power} is above {MiniPacmanGame.PillDuration}.");
        MiniPacmanPixels.Render<byte>(pixels, _image);
        _power = power;
        for (int cell = 0; cell < Cells; cell++)
        {
            if ((MiniPacmanPixel)pixels[cell] == MiniPacmanPixel.EdibleGhost)
                PaintGhost(cell);
        }
        _invalid = true;
    }

    private void DrawBackground(MiniPacmanState state)
    {
        FreshLevel.CopyTo(_image, 0);
        if (state.FoodLeft < MiniPacmanMaze.WalkableCells)
        {
            foreach (int cell in MiniPacmanMaze.Free)
                Paint(cell, Background(state, cell));
        }
        foreach (int cell in state.Pills)
            Paint(cell, MiniPacmanPixel.Pill);
    }

    private static MiniPacmanPixel Background(MiniPacmanState state, int cell) =>
        state.Pills.Contains(cell) ? MiniPacmanPixel.Pill : state.Food[cell] ? MiniPacmanPixel.Food : MiniPacmanPixel.Empty;

    private void Paint(int cell, MiniPacmanPixel pixel)
    {
        ReadOnlySpan<float> color = MiniPacmanPixels.Colors.Slice(3 * (int)pixel, 3);
        Paint(cell, color[0], color[1], color[2]);
    }

    private void PaintGhost(int cell) => Paint(cell, 1, Countdown[_power], 0);

    private void Paint(int cell, float red, float green, float blue)
    {
        float[] image = _image;
        image[cell] = red;
        image[Cells + cell] = green;
        image[2 * Cells + cell] = blue;
    }

    private static float[] PaintFreshLevel()
    {
        byte[] pixels = new byte[Cells];
        for (int cell = 0; cell < Cells; cell++)
            pixels[cell] = (byte)(MiniPacmanMaze.Walkable[cell] ? MiniPacmanPixel.Food : MiniPacmanPixel.Wall);
        float[] image = new float[3 * Cells];
        MiniPacmanPixels.Render<byte>(pixels, image);
        return image;
    }
}
