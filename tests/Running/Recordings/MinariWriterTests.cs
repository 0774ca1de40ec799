using System.Diagnostics;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Recordings.Formats.Hdf5;
using WorldModels.Tests.Onnx;

namespace WorldModels.Tests.Recordings;

/// <summary>What is written as a Minari data set is read back, and h5py finds in it what Minari expects.</summary>
public sealed class MinariWriterTests
{
    private static readonly MinariSpec Spec = new()
    {
        Id = "test/pendulum-v0",
        Dataset = new() { Environment = "pendulum", Observation = 3, Action = ActionSpec.Continuous([-1, -2], [1, 2]) },
        EnvSpec = "{\"id\": \"Pendulum-v1\"}",
        AlgorithmName = "random",
        Author = ["A", "B"],
        CodePermalink = "https://example.org",
        Description = "A test",
        Requirements = ["gymnasium>=1.0"],
    };

    [Test]
    public void WhatIsWrittenIsReadBack()
    {
        using TemporaryDirectory root = new();
        Episode[] episodes = [Vectors(3, 0, terminated: true), Vectors(500, 1, terminated: false), Vectors(1, 2, terminated: true)];
        string folder = Write(root.Path, Spec, episodes);
        Assert.That(folder, Is.EqualTo(root["test/pendulum-v0"]));
        using MinariReader reader = (MinariReader)new MinariFormat().Open(folder, new());
        List<RecordedEpisode> read = [.. Enumerable.Range(0, reader.Parts).SelectMany(reader.Read)];
        Assert.That(read, Has.Count.EqualTo(3));
        for (int e = 0; e < 3; e++)
        {
            Assert.That(read[e].Columns.Keys, Is.EquivalentTo(episodes[e].Columns.Keys.Except(["discount"])));
            foreach ((string name, NpyArray array) in read[e].Columns)
            {
                NpyArray expected = episodes[e][name];
                RecordingFiles.Check(array, expected.Type, [.. expected.Shape], RecordingFiles.Numbers(expected));
            }
        }
        Assert.That(reader.Notes, Is.Empty);
        Assert.That(reader.Declared?.Observation, Is.EqualTo(3));
        Assert.That(reader.Declared?.Environment, Is.EqualTo("Pendulum-v1"));
        Assert.That(reader.Declared?.Action.Lows, Is.EqualTo(new double[] { -1, -2 }));
        Assert.That(reader.Declared?.Action.Highs, Is.EqualTo(new double[] { 1, 2 }));
        Assert.That(Directory.EnumerateFileSystemEntries(root["test"]).Select(Path.GetFileName), Is.EqualTo(new[] { "pendulum-v0" }));
    }

    [Test]
    public void ImagesAndNumberedActionsAreReadBack()
    {
        using TemporaryDirectory root = new();
        byte[] pixels = new byte[5 * 64 * 64 * 3];
        new Random(1).NextBytes(pixels);
        Episode episode = new Episode(new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(pixels, 5, 64, 64, 3),
            ["action"] = NpyArray.Of<long>([0, 2, 1, 0, 2]),
            ["reward"] = NpyArray.Of<float>([0, 0.1f, 1, 2, 3]),
            ["terminated"] = NpyArray.Of(new bool[5]),
            ["truncated"] = NpyArray.Of([false, false, false, false, true]),
        });
        MinariSpec spec = new() { Id = "images-v0", Dataset = new() { Observation = 64 * 64 * 3, Action = ActionSpec.Discrete(3) } };
        using IRecordingReader reader = new MinariFormat().Open(Write(root.Path, spec, episode), new());
        IReadOnlyDictionary<string, NpyArray> columns = reader.Read(0).Single().Columns;
        RecordingFiles.Check(columns["observation"], NpyType.UInt8, [5, 64, 64, 3], RecordingFiles.Numbers(episode.Observations));
        RecordingFiles.Check(columns["action"], NpyType.Int64, [5], [0, 2, 1, 0, 2]);
        Assert.That(columns["reward"].As<float>().ToArray(), Is.EqualTo(episode.Rewards.ToArray()));
        Assert.That(reader.Declared?.Action.Count, Is.EqualTo(3));
    }

    [Test]
    public void WhoIsStoppedBeforeTheEndLeavesNothingThatLooksLikeADataSet()
    {
        using TemporaryDirectory root = new();
        MinariWriter stopped = new MinariWriter(root.Path, Spec);
        stopped.Add(Vectors(3, 0, terminated: true));
        Assert.That(Directory.Exists(root["test/pendulum-v0"]), Is.False);
        Assert.That(Directory.EnumerateFiles(root.Path, "main_data.hdf5*", SearchOption.AllDirectories), Is.Empty);
        Assert.That(() => new MinariWriter(root.Path, Spec), Throws.InstanceOf<IOException>());
        stopped.Dispose();
        Assert.That(Directory.EnumerateFileSystemEntries(root["test"]), Is.Empty);
    }

    [Test]
    public void WhatCannotBeWrittenIsRefused()
    {
        using TemporaryDirectory root = new();
        Write(root.Path, Spec, Vectors(3, 0, terminated: true));
        Assert.That(() => new MinariWriter(root.Path, Spec), Throws.TypeOf<RecordingException>().With.Message.Contains("There is already"));
        Assert.That(() => new MinariWriter(root.Path, Spec with { Id = "../x-v0" }), Throws.TypeOf<RecordingException>());
        using MinariWriter writer = new MinariWriter(root.Path, Spec with { Id = "other-v0", ObservationLows = [1] });
        Assert.That(writer.Complete, Throws.TypeOf<RecordingException>().With.Message.Contains("no episode"));
        writer.Add(Vectors(3, 0, terminated: true));
        Assert.That(() => writer.Add(Vectors(3, 0, terminated: true, size: 4)), Throws.TypeOf<RecordingException>()
            .With.Message.StartsWith("Episode 1: observation is float32 [4, 4]"));
        Assert.That(writer.Complete, Throws.TypeOf<RecordingException>()
            .With.Message.Contains("There are 1 bounds of observation, and it has 3"));
    }

    [Test]
    public void H5pyFindsWhatMinariExpects()
    {
        string python = Python();
        using TemporaryDirectory root = new();
        string folder = Write(root.Path, Spec, Vectors(3, 0, terminated: true), Vectors(200_000, 1, terminated: false));
        const string Script = """
            import json, sys, h5py, numpy as np
            with open(sys.argv[1] + "/data/metadata.json") as file:
                metadata = json.load(file)
            space, action = json.loads(metadata["observation_space"]), json.loads(metadata["action_space"])
            assert space == {"type": "Box", "dtype": "float32", "shape": [3], "low": [-np.inf] * 3, "high": [np.inf] * 3}, space
            assert action == {"type": "Box", "dtype": "float32", "shape": [2], "low": [-1, -2], "high": [1, 2]}, action
            expected = dict(dataset_id="test/pendulum-v0", total_episodes=2, total_steps=200003, data_format="hdf5", jpeg_encoding=False,
                            minari_version="0.5.3", algorithm_name="random", author=["A", "B"], code_permalink="https://example.org",
                            description="A test", requirements=["gymnasium>=1.0"], env_spec='{"id": "Pendulum-v1"}')
            assert {key: metadata[key] for key in expected} == expected, metadata
            with h5py.File(sys.argv[1] + "/data/main_data.hdf5", "r") as file:
                assert sorted(file) == ["episode_0", "episode_1"], list(file)
                for e, steps in enumerate((3, 200000)):
                    group = file[f"episode_{e}"]
                    assert (group.attrs["id"], group.attrs["total_steps"]) == (e, steps), dict(group.attrs)
                    types = dict(observations="float32", actions="float32", rewards="float64", terminations="bool", truncations="bool")
                    assert {name: str(group[name].dtype) for name in types} == types
                    assert all(group[name].chunks and group[name].compression == "gzip" for name in types)
                    assert {name: len(group[name]) for name in types} == {name: steps + (name == "observations") for name in types}
                    assert np.array_equal(group["observations"][()].ravel(), np.arange(3 * (steps + 1), dtype=np.float32) + e)
                    assert np.array_equal(group["actions"][()].ravel(), np.arange(2, 2 * (steps + 1), dtype=np.float32) / 4)
                    assert np.array_equal(group["rewards"][()], np.float64(np.arange(1, steps + 1, dtype=np.float32) / 8))
                    assert group["terminations"][()].tolist() == [False] * (steps - 1) + [e == 0]
                    assert group["truncations"][()].tolist() == [False] * (steps - 1) + [e == 1]
                    assert len(group["infos/discount"]) == steps + 1
            print("as expected")
            """;
        Assert.That(Run(python, "-c", Script, folder), Does.Contain("as expected"));
    }

    private static Episode Vectors(int steps, int first, bool terminated, int size = 3)
    {
        int records = steps + 1;
        bool[] end = new bool[records];
        end[^1] = true;
        float[] discounts = [.. Enumerable.Repeat(1f, records)];
        discounts[^1] = terminated ? 0 : 1;
        float[] actions = [.. Enumerable.Range(0, 2 * records).Select(i => i < 2 ? 0 : i / 4f)];
        return new(new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of([.. Enumerable.Range(first, size * records).Select(i => (float)i)], records, size),
            ["action"] = NpyArray.Of(actions, records, 2),
            ["reward"] = NpyArray.Of([.. Enumerable.Range(0, records).Select(i => i / 8f)]),
            ["terminated"] = NpyArray.Of(terminated ? end : new bool[records]),
            ["truncated"] = NpyArray.Of(terminated ? new bool[records] : end),
            ["discount"] = NpyArray.Of(discounts),
        });
    }

    private static string Write(string root, MinariSpec spec, params Episode[] episodes)
    {
        using MinariWriter writer = new MinariWriter(root, spec);
        foreach (Episode episode in episodes)
            writer.Add(episode);
        return writer.Complete();
    }

    /// <summary>A Python that has h5py; ignores the test where there is none.</summary>
    private static string Python()
    {
        foreach (string program in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                if (Run(program, "-c", "import h5py; print('found')").Contains("found", StringComparison.Ordinal))
                    return program;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // there is no such program
            }
        }
        Assert.Ignore("There is no Python with h5py (Debian, as root: apt-get install python3-h5py).");
        return "";
    }

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        return process.StandardOutput.ReadToEnd() + errors.Result;
    }
}
