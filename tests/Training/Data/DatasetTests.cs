using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Folders of episodes that somebody recorded.</summary>
public sealed class DatasetTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3)), Continuous = new(ActionSpec.Continuous([2], -2, 4));

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-dataset-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [TestCase("observation", "has no array 'observation'")]
    [TestCase("reward", "has no array 'reward'")]
    public void ADatasetsEpisodeHasItsArrays(string missing, string expected)
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays.Remove(missing);
        Refused(arrays, expected);
    }

    [TestCase("terminated", new[] { 3 }, "terminated is float32 [3]; observation has 4 records")]
    [TestCase("truncated", new[] { 4 }, "truncated is float32 [4]; expected bool [4]")]
    [TestCase("reward", new[] { 4, 1 }, "reward is float32 [4, 1]; expected float32 [4]")]
    [TestCase("observation", new[] { 4 }, "observation is float32 [4]; expected (N + 1, O)")]
    [TestCase("observation", new[] { 1, 2 }, "it has 1 record; an episode has at least two, the reset and a step")]
    [TestCase("reward", new[] { 3 }, "reward is float32 [3]; observation has 4 records")]
    [TestCase("observation", new[] { 4, 5 }, "observation is float32 [4, 5]; this dataset has (4, 2)")]
    [TestCase("action", new[] { 4, 3 }, "action is float32 [4, 3]; this dataset has (4, 2)")]
    [TestCase("action", new[] { 4 }, "action is float32 [4]; expected int64 (4) or float32 (4, A)")]
    public void AndItsShapes(string name, int[] shape, string expected)
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays[name] = NpyArray.Zeros(NpyType.Float32, shape);
        Refused(arrays, expected);
    }

    [Test]
    public void ANaNIsSaid()
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays["observation"].As<float>()[3] = float.NaN;
        Refused(arrays, "observation holds a NaN or an infinity");
    }

    [TestCase("observation", 3, "observation holds a NaN or an infinity in record 1")]
    [TestCase("action", 7, "action holds a NaN or an infinity in record 3")]
    [TestCase("reward", 0, "reward holds a NaN or an infinity in record 0")]
    public void AndInWhichRecord(string name, int index, string expected)
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays[name].As<float>()[index] = float.PositiveInfinity;
        Refused(arrays, expected);
    }

    /// <summary>No action led to the reset: whatever stands there, it is nothing to learn from.</summary>
    [Test]
    public void WhatStandsForAnActionAtTheResetIsNotRead()
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays["action"].As<float>()[..2].Fill(float.NaN);
        string file = EpisodeFile.PathOf(_folder, 0);
        Npz.Write(file, arrays);
        float[] vector = [5, 5];
        Continuous.Encode(Dataset.Read(file, [2], Continuous), record: 0, vector);
        Assert.That(vector, Is.EqualTo(new float[] { 0, 0 }));
    }

    [Test]
    public void AnActionThatThereIsNotIsSaid([Values(-1, 3)] long action)
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        arrays["action"] = NpyArray.Of([9, 2, action, 0]);
        string file = EpisodeFile.PathOf(_folder, 0);
        Npz.Write(file, arrays);
        UserException exception = Assert.Throws<UserException>(() => Dataset.Read(file, [2], Discrete))!;
        Assert.That(exception.Message, Is.EqualTo($"{file}: action[2] is {action}; this dataset's actions are 0 to 2."));
    }

    /// <summary>What an algorithm adds is asked for by name, and has its type.</summary>
    [Test]
    public void AnAddedColumnIsCheckedToo()
    {
        Dictionary<string, NpyArray> arrays = Played.Columns();
        string file = EpisodeFile.PathOf(_folder, 0);
        Npz.Write(file, arrays.Append(new("other", NpyArray.Of([1f]))));
        Assert.That(Dataset.Read(file, [2], Continuous).Columns.Keys, Is.EquivalentTo(arrays.Keys), "what nobody asks for is left alone");
        EpisodeColumn tasks = new("task_reward", NpyType.Float32, 3);
        Assert.That(() => Dataset.Read(file, [2], Continuous, tasks),
            Throws.TypeOf<UserException>().With.Message.EqualTo($"{file}: it has no array 'task_reward'."));
        Npz.Write(file, arrays.Append(new("task_reward", NpyArray.Zeros(NpyType.Float32, 4, 2))));
        Assert.That(() => Dataset.Read(file, [2], Continuous, tasks),
            Throws.TypeOf<UserException>().With.Message.EqualTo($"{file}: task_reward is float32 [4, 2]; expected float32 [4, 3]."));
    }

    [Test]
    public void ACutFileIsSaid()
    {
        string file = EpisodeFile.PathOf(_folder, 0);
        Npz.Write(file, Played.Columns());
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^40]);
        UserException exception = Assert.Throws<UserException>(() => Dataset.Read(file, [2], Continuous))!;
        Assert.That(exception.Message, Does.StartWith($"Cannot read the episode {file}"));
    }

    private void Refused(Dictionary<string, NpyArray> arrays, string expected)
    {
        string file = EpisodeFile.PathOf(_folder, 0);
        Npz.Write(file, arrays);
        UserException exception = Assert.Throws<UserException>(() => Dataset.Read(file, [2], Continuous))!;
        Assert.That(exception.Message, Does.StartWith(file).And.Contain(expected));
    }
}
