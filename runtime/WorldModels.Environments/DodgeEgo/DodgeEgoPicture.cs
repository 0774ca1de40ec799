namespace WorldModels.Environments;

/// <summary>How a dodging game is drawn: the whole world between its walls, a cell one unit.</summary>
internal static class DodgeEgoPicture
{
    private const int Size = DodgeEgoGame.Size;
    private const double Wall = 0.5;

    /// <summary>An empty picture.</summary>
    public static FlatScene CreateScene() => new(-Wall, -Wall, Size + Wall, Size + Wall);

    public static Scene Draw(FlatScene scene, DodgeEgoGame game)
    {
        const double Radius = 0.42, Margin = 0.12;
        double left = game.Center - DodgeEgoGame.Reach, right = game.Center + DodgeEgoGame.Reach + 1;
        scene.Clear()
            .Rectangle(Palette.Fixed, -Wall, -Wall, 0, Size + Wall)
            .Rectangle(Palette.Fixed, Size, -Wall, Size + Wall, Size + Wall)
            .Rectangle(Palette.Fixed, -Wall, -Wall, Size + Wall, 0)
            .Rectangle(Palette.Cart, left + Margin, 0, right - Margin, 1 - Margin);
        for (int row = 0; row < Size; row++)
        {
            if (game.BallIn(row) is { } column)
                scene.Disc(Palette.Flame, column + 0.5, Size - row - 0.5, Radius);
        }
        return scene;
    }
}
