using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

public sealed class DreamTests
{
    private readonly List<string> directories = [];

    [TearDown]
    public void Clean() => directories.ForEach(d => Directory.Delete(d, recursive: true));

    [Test]
    public void GridDreamEqualsAPlainLoop()
    {
        string directory = Bundle(Fixtures.Grid());
        using var world = WorldModel.Load(directory);
        using var dream = world.Dream(batch: 5, horizon: 4, new() { KeepLogits = true });
        var imagined = dream.Run(seed: 7);

        var starts = Npz.Read(Path.Combine(directory, "starts.npz"))["observation"];
        using var session = new InferenceSession(Path.Combine(directory, "imagine.onnx"));
        var frame = new float[5 * 6];
        for (int b = 0; b < 5; b++)
        {
            int index = Philox.NextInt(new(7, (uint)b, 0, Philox.Stream("start")), starts.Shape[0]);
            starts.As<float>().Slice(index * 6, 6).CopyTo(frame.AsSpan(b * 6));
        }
        for (int t = 0; t < 4; t++)
        {
            var action = new long[5];
            var noise = new float[5 * 6];
            for (int b = 0; b < 5; b++)
            {
                action[b] = Philox.NextInt(new(7, (uint)b, (uint)t, Philox.Stream("action")), 3);
                Philox.FillGumbel(new(7, (uint)b, (uint)t, Philox.Stream("imagine/noise")), noise.AsSpan(b * 6, 6));
            }
            Assert.That(imagined.State("frame", t).ToArray(), Is.EqualTo(frame));
            Assert.That(imagined.Observations(t).ToArray(), Is.EqualTo(frame), "the state is the observation");
            Assert.That(imagined.Actions(t).ToArray(), Is.EqualTo(action));
            using var outputs = session.Run([
                NamedOnnxValue.CreateFromTensor("frame", new DenseTensor<float>(frame, [5, 2, 3])),
                NamedOnnxValue.CreateFromTensor("action", new DenseTensor<long>(action, [5])),
                NamedOnnxValue.CreateFromTensor("noise", new DenseTensor<float>(noise, [5, 2, 3]))]);
            float[] Output(string name) => outputs.First(o => o.Name == name).AsTensor<float>().ToArray();
            Assert.That(imagined.Rewards(t).ToArray(), Is.EqualTo(Output("reward")));
            Assert.That(imagined.Continues(t).ToArray(), Is.EqualTo(Output("continue")));
            Assert.That(imagined.Logits("logits", t).ToArray(), Is.EqualTo(Output("logits")));
            frame = Output("next_frame");
        }
        Assert.That(imagined.State("frame", 4).ToArray(), Is.EqualTo(frame));
    }

    private string Bundle(string directory)
    {
        directories.Add(directory);
        return directory;
    }
}
