using WorldModels.Models;
using WorldModels.Onnx;

namespace WorldModels.Tests.Onnx;

public sealed class ShapeErrorTests
{
    private static IEnumerable<TestCaseData> Mistakes()
    {
        yield return Case("Linear", g => X(g, "batch", 37).Linear(X(g, 200, 36)),
            "graph 'g': cannot multiply (batch, 37) by transposed (200, 36)");
        yield return Case("MatMul", g => X(g, "batch", 3).MatMul(X(g, 4, 5)), "cannot multiply (batch, 3) by (4, 5)");
        yield return Case("Add", g => X(g, "batch", 3) + X(g, "batch", 4), "Add cannot broadcast (batch, 3) with (batch, 4)");
        yield return Case("TwoDynamic", g => X(g, "batch", 3) + X(g, "past", 3), "Add cannot broadcast (batch, 3) with (past, 3)");
        yield return Case("Types", g => X(g, "batch", 3) + X(g, DType.Int64, "batch", 3),
            "Add of Float32 (batch, 3) and Int64 (batch, 3): cast one of them");
        yield return Case("BoolSum", g => X(g, DType.Bool, "batch", 3).Sum(1), "Sum takes numbers, not Bool (batch, 3): cast it");
        yield return Case("Half", g => X(g, DType.Int64, "batch") + 0.5, "cannot use the number 0.5 with a tensor of Int64");
        yield return Case("Size", g => X(g, "batch", 3).Reshape(X(g, "batch", 3).Size(0), 3),
            "the size of axis 0 of (batch, 3) is known only when");
        yield return Case("Reshape", g => X(g, "batch", 12).Reshape(Axis.Keep, 5, Axis.Rest),
            "cannot reshape (batch, 12) to (Keep, 5, Rest)");
        yield return Case("ReshapeMerge", g => X(g, "batch", 12).Reshape(7, Axis.Rest), "cannot reshape (batch, 12) to (7, Rest)");
        yield return Case("Concat", g => X(g, "batch", 12).Concat(X(g, "past", 12)),
            "cannot concatenate Float32 (batch, 12) and Float32 (past, 12) along axis -1");
        yield return Case("Split", g => X(g, "batch", 12).Split(-1, 5, 6)[0],
            "cannot split axis -1 of (batch, 12) into (5, 6), which is 11 in all");
        yield return Case("SplitBatch", g => X(g, "batch", 12).Split(0, 5, 6)[0], "cannot split axis 0 of (batch, 12)");
        yield return Case("Axis", g => X(g, "batch", 12).Softmax(2), "there is no axis 2 in (batch, 12)");
        yield return Case("Slice", g => X(g, "batch", 12).Slice(1, 5, 5), "a slice 5..5 of axis 1 of (batch, 12) is empty");
        yield return Case("Expand", g => X(g, "batch", 3).Expand(Axis.Keep, 4), "cannot expand (batch, 3) to (Keep, 4)");
        yield return Case("Transpose", g => X(g, "batch", 3).Transpose(0, 0), "cannot transpose (batch, 3) by (0, 0)");
        yield return Case("Conv", g => X(g, "batch", 3, 8, 8).Conv2d(X(g, 4, 2, 3, 3), X(g, 4), Window.Square(3)),
            "cannot convolve (batch, 3, 8, 8) with (4, 2, 3, 3)");
        yield return Case("Window", g => X(g, "batch", 3, 8, 8).Conv2d(X(g, 4, 3, 3, 3), X(g, 4), Window.Square(4)),
            "a window of 4 x 4 does not fit a weight of (4, 3, 3, 3)");
        yield return Case("Empty", g => X(g, "batch", 3, 8, 8).MaxPool2d(Window.Square(9)), "nothing is left of (batch, 3, 8, 8)");
        yield return Case("LayerNorm", g => X(g, "batch", 3).LayerNorm(X(g, 4), X(g, 4), 1e-3),
            "LayerNorm of (batch, 3) cannot have gain (4)");
        yield return Case("Where", g => X(g, "batch", 1).Where(X(g, 1), X(g, 1)), "the mask of Where takes Bool, not Float32 (batch, 1)");
        yield return Case("OneHot", g => X(g, "batch", 1).OneHot(3), "OneHot takes Int64, not Float32 (batch, 1)");
        yield return Case("OtherGraph", g => X(g, "batch", 1) + X(new Graph("other"), "batch", 1), "Add takes a tensor of graph 'other'");
    }

    [TestCaseSource(nameof(Mistakes))]
    public void MessagesNameTheShapes(Func<Graph, Symbol> mistake, string message) =>
        Assert.That(() => mistake(new Graph("g")), Throws.TypeOf<ShapeException>().With.Message.Contain(message));

    [Test]
    public void MessagesNameTheScope()
    {
        Graph graph = new("imagine");
        Parameters<Symbol> p = new(new SymbolicParameters(graph, Networks.Weights()));
        GruCell<Symbol> core = new(p["core"]["gru"], Networks.Inputs, Networks.Size);
        Assert.That(() => core.Forward(X(graph, "batch", 5), X(graph, "batch", Networks.Size)),
            Throws.TypeOf<ShapeException>().With.Message.EqualTo("core/gru: cannot multiply (batch, 5) by transposed (12, 3)"));
    }

    [Test]
    public void AWeightOfAnotherShapeIsNamedWithBothShapes()
    {
        Parameters<Symbol> p = new(new SymbolicParameters(new Graph("g"), Networks.Weights()));
        Assert.That(() => new Linear<Symbol>(p["head"], 5, 2), Throws.TypeOf<ShapeException>().With.Message
            .Contain("expects 'head/weight' of shape (2, 5), the weights have (2, 4)"));
        Assert.That(() => new Linear<Symbol>(p["hat"], 5, 2), Throws.TypeOf<ShapeException>().With.Message
            .Contain("no weight 'hat/weight' (there is 'critic/weight'"));
    }

    [Test]
    public void NamesAreGivenOnce()
    {
        Graph graph = new("g");
        Symbol x = graph.Input("state", DType.Float32, "batch", 2);
        Assert.That(() => graph.Output("state", x + 1), Throws.ArgumentException.With.Message
            .Contain("output 'state' has a name that is taken"));
        Assert.That(() => graph.Input("state", DType.Float32, 1), Throws.ArgumentException);
        Assert.That(() => new Graph("g").Build(), Throws.InvalidOperationException.With.Message.Contain("has no output"));
    }

    [TestCase("past+1", "1", "4", "past+6")]
    [TestCase("past+1", "past+1", "0", "2*past+2")]
    [TestCase("batch", "past", "0", "(batch+past)")]
    [TestCase("min(past,4)", "3", "0", "min(past,4)+3")]
    [TestCase("2", "3", "4", "9")]
    public void SizesAdd(string a, string b, string c, string sum) => Assert.That((Of(a) + Of(b) + Of(c)).ToString(), Is.EqualTo(sum));

    [TestCase("batch", "12", "12*batch")]
    [TestCase("past+1", "4", "4*past+4")]
    [TestCase("past+1", "batch", "(past+1)*batch")]
    [TestCase("2*batch", "3*past", "6*batch*past")]
    public void SizesMultiplyAndDivide(string a, string b, string product)
    {
        AxisSize all = Of(a) * Of(b);
        Assert.That(all.ToString(), Is.EqualTo(product));
        Assert.That(AxisSize.Divide(all, Of(a)), Is.EqualTo(Of(b)));
        Assert.That(AxisSize.Divide(all, Of(b)), Is.EqualTo(Of(a)));
        Assert.That(AxisSize.Divide(all, Of("other")), Is.Null);
    }

    private static AxisSize Of(string text) => int.TryParse(text, out int value) ? value : AxisSize.Dynamic(text);

    private static Symbol X(Graph graph, params ReadOnlySpan<AxisSize> dims) => X(graph, DType.Float32, dims);

    private static Symbol X(Graph graph, DType type, params ReadOnlySpan<AxisSize> dims) => graph.Input($"x{Guid.NewGuid()}", type, dims);

    private static TestCaseData Case(string name, Func<Graph, Symbol> mistake, string message) =>
        new TestCaseData(mistake, message).SetArgDisplayNames(name);
}
