using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Environments drawn from what is observed of them, as dreams are.</summary>
public sealed class ObservationDrawingTests
{
    private const int Size = 128;

    private static IEnumerable<string> Names =>
        ((IEnumerable<EnvironmentSpec>)[.. ClassicControl.Specs, .. ControlSuite.Specs]).Select(spec => spec.Name);

    [TestCaseSource(nameof(Names))]
    public void AnObservationIsDrawnAsTheStateIs(string name)
    {
        switch (EnvironmentRegistry.Find(name))
        {
            case EnvironmentSpec<long> discrete: Check(discrete.Make(), discrete.Make(), discrete.ActionNames.Count - 1L); break;
            case EnvironmentSpec<float> continuous: Check(continuous.Make(), continuous.Make(), 0.7f); break;
        }
    }

    [Test]
    public void CellsAreAsDarkAsADreamIsSure()
    {
        CatchEnvironment game = new();
        float[] seen = new float[game.ObservationSpace.Size];
        game.Reset(1, seen);
        Array.Clear(seen);
        (seen[0], seen[^1]) = (0.5f, 1);
        byte[] rgb = Paint(game.Draw(seen), 5, 10);
        Assert.That(new[] { rgb[0], rgb[3], rgb[^1] }, Is.EqualTo(new[] { 128, 255, 0 }).Within(2));
    }

    [Test]
    public void CellsHaveTheColoursDreamt()
    {
        SimpleWorldEnvironment game = new();
        float[] seen = new float[game.ObservationSpace.Size];
        game.Reset(1, seen);
        byte[] rgb = Paint(game.Draw(seen), 4, 4);
        for (int cell = 0; cell < 16; cell++)
        {
            for (int colour = 0; colour < 3; colour++)
                Assert.That(rgb[3 * cell + colour], Is.EqualTo(seen[16 * colour + cell] > 0 ? 255 : 0).Within(2), $"cell {cell}");
        }
    }

    private static void Check<TAction>(IEnvironment<TAction> there, IEnvironment<TAction> here, TAction push) where TAction : unmanaged
    {
        float[] first = new float[there.ObservationSpace.Size], seen = new float[first.Length];
        TAction[] action = [.. Enumerable.Repeat(push, there.ActionSpace.Size)];
        there.Reset(3, seen);
        here.Reset(3, first);
        bool over = false;
        for (int step = 0; step < 40 && !over; step++)
            over = there.Step(action, seen).Done;
        IObservationDrawable drawn = (IObservationDrawable)here;
        byte[] before = Paint(drawn.Draw(), Size, Size), expected = Paint(((IDrawable)there).Draw(), Size, Size);
        byte[] found = Paint(drawn.Draw(seen)!, Size, Size);
        Assert.That(Difference(found, expected), Is.LessThan(0.02), "mean difference of values in 0..255");
        Assert.That(Difference(before, expected), Is.GreaterThan(0.1), "as it was, it looked different");
        Assert.That(Paint(drawn.Draw(), Size, Size), Is.EqualTo(before), "drawing a dream changes nothing");
    }

    private static double Difference(byte[] one, byte[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Average();

    private static byte[] Paint(Scene scene, int width, int height)
    {
        byte[] rgb = new byte[3 * width * height];
        scene.Render(rgb, width, height);
        return rgb;
    }
}
