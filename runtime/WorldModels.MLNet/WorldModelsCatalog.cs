using Microsoft.ML;
using Microsoft.ML.Runtime;
using WorldModels.MLNet.Internals;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>What this library adds to ML.NET's catalogs.</summary>
/// <example>
/// <code>
/// MLContext mlContext = new();
/// IDataView recorded = mlContext.Data.LoadFromRecording("episodes");
/// EstimatorChain&lt;DreamTransformer&gt; pipeline = mlContext.Transforms
///     .ApplyController("models/zoo/pendulum-dreamer", observation: "observation", action: "U", episode: "episode")
///     .Append(mlContext.Transforms.ApplyDream("models/zoo/pendulum-dreamer", "observation", new() { Returns = "G", Batch = 32 }));
/// using TransformerChain&lt;DreamTransformer&gt; model = pipeline.Fit(recorded);   // nothing is learned: columns and bundle are checked
/// IDataView acted = model.Transform(recorded);                               // lazily, block by block
/// mlContext.Model.Save(model, recorded.Schema, "agent.zip");
///
/// mlContext.ComponentCatalog.RegisterWorldModels();                          // once, before pipelines with bundles are loaded
/// ITransformer again = mlContext.Model.Load("agent.zip", out DataViewSchema schema);
/// mlContext.Data.SaveAsEpisodes(again.Transform(recorded), "relabelled", new() { Action = "U", Actions = ActionAlignment.Taken });
/// </code>
/// </example>
public static class WorldModelsCatalog
{
    /// <summary>
    /// Adds a column of the actions that a bundle's policy chooses for a column of observations: those of a <see cref="Controller"/> that
    /// has a row for each episode, and is called for each of its records in turn. Without a column of episodes all rows are one.
    /// </summary>
    /// <param name="catalog">ML.NET's.</param>
    /// <param name="bundle">The bundle's directory.</param>
    /// <param name="observation">
    /// A column of observations: a vector of Single of the bundle's size, a Single where that is 1, or a vector of Byte, 0 to 255, where
    /// the observations are images.
    /// </param>
    /// <param name="action">
    /// The new column: Int64 where actions are discrete; else Single, or a vector of it where an action has several numbers.
    /// </param>
    /// <param name="episode">
    /// A column of which equal values that follow each other are an episode: of any number type, text, a key or Boolean.
    /// </param>
    /// <param name="packed">Whether a saved pipeline holds the bundle's files, and not its path.</param>
    /// <param name="options">More columns, draws, how many rows at once, and how to run.</param>
    /// <exception cref="BundleException">The bundle is incomplete or damaged, or has no policy.</exception>
    public static BundleEstimator<ControllerTransformer> ApplyController(this TransformsCatalog catalog, string bundle, string observation,
        string action, string? episode = null, bool packed = false, ApplyControllerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(observation);
        ArgumentException.ThrowIfNullOrEmpty(action);
        options ??= new();
        options.Check();
        SavedController saved = new(observation, action, episode, options);
        BundleSource source = BundleSource.Open(bundle, packed, options.Runtime.VerifyHashes);
        return new(() => new(source, saved));
    }

    /// <summary>
    /// Adds columns of what a bundle's world model imagines from a column of observations: in each row a dream of its own, which the
    /// bundle's policy plays (uniformly random actions, if it has none).
    /// </summary>
    /// <param name="catalog">ML.NET's.</param>
    /// <param name="bundle">The bundle's directory.</param>
    /// <param name="observation">A column of observations, as for <see cref="ApplyController"/>.</param>
    /// <param name="columns">The new columns, at least one, and how to dream.</param>
    /// <param name="packed">Whether a saved pipeline holds the bundle's files, and not its path.</param>
    /// <exception cref="BundleException">
    /// The bundle is incomplete or damaged, has no world model, or does not predict what a column is to hold.
    /// </exception>
    public static BundleEstimator<DreamTransformer> ApplyDream(
        this TransformsCatalog catalog, string bundle, string observation, ApplyDreamOptions columns, bool packed = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(observation);
        ArgumentNullException.ThrowIfNull(columns);
        columns.Check();
        BundleSource source = BundleSource.Open(bundle, packed, columns.Runtime.VerifyHashes);
        return new(() => new(source, new(observation, columns)));
    }

    /// <summary>
    /// Recorded episodes as data, a row for each record, read while somebody looks at them and never all at once. The columns are those of
    /// an episode (<c>observation</c>, <c>action</c>, <c>reward</c>, <c>terminated</c>, <c>truncated</c>, and extras), after
    /// <c>episode</c> and <c>step</c>, two Int64 from 0. Vectors of numbers are vectors of Single, images vectors of Byte.
    /// </summary>
    /// <param name="catalog">ML.NET's.</param>
    /// <param name="path">A folder or a file: whatever <see cref="Recording"/> reads.</param>
    /// <param name="options">How to understand it where it does not say so itself.</param>
    /// <param name="taken">
    /// Whether a row has the action that was taken at its observation (zeros in the last), and not the one that led to it.
    /// </param>
    /// <exception cref="RecordingException">There is none, or its first episode contradicts itself.</exception>
    public static IDataView LoadFromRecording(
        this DataOperationsCatalog catalog, string path, RecordingOptions? options = null, bool taken = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(path);
        return new RecordingDataView(path, options ?? new(), taken);
    }

    /// <summary>Writes data as episodes, an npz file each, as numpy and <c>train --dataset</c> read them.</summary>
    /// <param name="catalog">ML.NET's.</param>
    /// <param name="data">A row for each record. One episode at a time is in memory.</param>
    /// <param name="folder">A folder without episodes; made if there is none.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <returns>How many episodes there are now.</returns>
    /// <exception cref="RecordingException">A column is missing or of another type, or the rows are no episodes.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public static int SaveAsEpisodes(this DataOperationsCatalog catalog, IDataView data, string folder, EpisodeColumns? columns = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(folder);
        return EpisodeWriter.Write(data, folder, columns ?? new());
    }

    /// <summary>
    /// Lets ML.NET load pipelines with transforms of this library: call it before <c>mlContext.Model.Load</c>. A second call does nothing.
    /// </summary>
    /// <exception cref="NotSupportedException">This version of ML.NET is not known to work.</exception>
    public static void RegisterWorldModels(this ComponentCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ModelFile.Register(catalog);
    }
}
