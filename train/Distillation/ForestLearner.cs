using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using WorldModels.Bundles;
using WorldModels.Onnx;

namespace WorldModels.Train.Distillation;

/// <summary>A forest, and what ML.NET's own model says, to hold the forest's graph against.</summary>
/// <param name="Forest">The trees: an output for each number of an action, or a score for each numbered action.</param>
/// <param name="Predict">ML.NET's outputs for rows (N, T); an action that never occurred scores lowest.</param>
internal sealed record LearnedForest(Forest Forest, Func<IReadOnlyList<float[]>, float[][]> Predict);

/// <summary>Grows trees by ML.NET: a regressor for each number of continuous actions, a classifier for each numbered one.</summary>
internal sealed class ForestLearner(DistillOptions options)
{
    private const float Never = -1e6f;      // the score of an action that no lesson has
    private const int Bins = 255, LeastRows = 5;

    private sealed class Row
    {
        public required float[] Features { get; init; }

        public float Value { get; init; }

        public bool Chosen { get; init; }

        public float Weight { get; init; }
    }

    private readonly MLContext _ml = new MLContext(unchecked((int)options.Seed));

    /// <summary>Learns.</summary>
    /// <param name="lessons">Rows and actions.</param>
    /// <param name="weights">How much each row counts.</param>
    /// <exception cref="UserException">There is nothing to learn: fewer rows than leaves, one action alone.</exception>
    public LearnedForest Learn(Lessons lessons, float[] weights)
    {
        if (lessons.Rows.Count < options.Leaves * 2)
        {
            throw new UserException($"{lessons.Rows.Count} decisions are too few for trees of {options.Leaves} leaves: play more "
                + "(--episodes, --rounds), or take fewer --leaves.");
        }
        return lessons.Action.Kind == ActionKind.Discrete ? Choices(lessons, weights) : Numbers(lessons, weights);
    }

    private LearnedForest Numbers(Lessons lessons, float[] weights)
    {
        List<Tree> trees = [];
        float[] bases = new float[lessons.Action.Size];
        ITransformer[] models = new ITransformer[bases.Length];
        for (int number = 0; number < bases.Length; number++)
        {
            float[] values = [.. lessons.Actions.Select(action => action[number])];
            if (values.All(value => value == values[0]))
            {
                throw new UserException(FormattableString.Invariant(
                    $"The teacher always does {values[0]:g4} with {NameOf(lessons.Action, number)}: there is nothing to learn from it."));
            }
            IDataView rows = View(lessons.Features,
                [.. lessons.Rows.Select((row, i) => new Row { Features = row, Value = values[i], Weight = weights[i] })]);
            (models[number], object parameters) = Regress(rows);
            bases[number] = Add(trees, parameters, number);
        }
        return new(new(lessons.Features, bases, trees), rows => Scores(lessons.Features, models, rows));
    }

    /// <summary>One against all: of each action that occurs, how sure its own learner is.</summary>
    private LearnedForest Choices(Lessons lessons, float[] weights)
    {
        int[] actions = [.. lessons.Actions.Select(action => (int)action[0])], known = [.. actions.Distinct().Order()];
        if (known.Length == 1)
        {
            throw new UserException($"The teacher always does {NameOf(lessons.Action, known[0])}: there is nothing to learn from it. "
                + "Is it the right environment (--env)?");
        }
        List<Tree> trees = [];
        float[] bases = new float[lessons.Action.Count!.Value];
        // An action that never occurs has a tree that says so: an output without a tree would be 0, whatever its base.
        foreach (int never in Enumerable.Range(0, bases.Length).Except(known))
            trees.Add(new(never, [], [], [], [], [Never]));
        ITransformer?[] models = new ITransformer?[bases.Length];
        foreach (int choice in known)
        {
            IDataView rows = View(lessons.Features,
                [.. lessons.Rows.Select((row, i) => new Row { Features = row, Chosen = actions[i] == choice, Weight = weights[i] })]);
            (models[choice], object parameters) = Classify(rows);
            bases[choice] = Add(trees, parameters, choice);
        }
        return new(new(lessons.Features, bases, trees), rows => Scores(lessons.Features, models, rows));
    }

    private (ITransformer Model, object Parameters) Regress(IDataView rows) => options.Learner switch
    {
        TreeLearner.FastForest =>
            Fit(_ml.Regression.Trainers.FastForest(Common(new FastForestRegressionTrainer.Options(), nameof(Row.Value))), rows),
        TreeLearner.FastTree =>
            Fit(_ml.Regression.Trainers.FastTree(Common(new FastTreeRegressionTrainer.Options(), nameof(Row.Value))), rows),
        _ => Fit(_ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options
        {
            FeatureColumnName = nameof(Row.Features), LabelColumnName = nameof(Row.Value), ExampleWeightColumnName = nameof(Row.Weight),
            NumberOfIterations = options.Trees, NumberOfLeaves = options.Leaves, MinimumExampleCountPerLeaf = LeastRows,
            NumberOfThreads = 1, Seed = unchecked((int)options.Seed), Deterministic = true,
        }), rows),
    };

    private (ITransformer Model, object Parameters) Classify(IDataView rows) => options.Learner switch
    {
        TreeLearner.FastForest =>
            Fit(_ml.BinaryClassification.Trainers.FastForest(Common(new FastForestBinaryTrainer.Options(), nameof(Row.Chosen))), rows),
        TreeLearner.FastTree =>
            Fit(_ml.BinaryClassification.Trainers.FastTree(Common(new FastTreeBinaryTrainer.Options(), nameof(Row.Chosen))), rows),
        _ => Fit(_ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            FeatureColumnName = nameof(Row.Features), LabelColumnName = nameof(Row.Chosen), ExampleWeightColumnName = nameof(Row.Weight),
            NumberOfIterations = options.Trees, NumberOfLeaves = options.Leaves, MinimumExampleCountPerLeaf = LeastRows,
            NumberOfThreads = 1, Seed = unchecked((int)options.Seed), Deterministic = true,
        }), rows),
    };

    private static (ITransformer Model, object Parameters) Fit<TModel>(
        ITrainerEstimator<ISingleFeaturePredictionTransformer<TModel>, TModel> trainer, IDataView rows) where TModel : class
    {
        try
        {
            ISingleFeaturePredictionTransformer<TModel> model = trainer.Fit(rows);
            return (model, model.Model);
        }
        catch (Exception exception)
            when (exception is DllNotFoundException or TypeInitializationException { InnerException: DllNotFoundException })
        {
            throw new UserException("LightGBM's library could not be loaded; it needs libgomp.so.1 (apt-get install libgomp1). Install that, or "
                + "take --learner fast-tree.", exception);
        }
    }

    private float[][] Scores(int features, ITransformer?[] models, IReadOnlyList<float[]> rows)
    {
        float[]?[] columns = [.. models.Select(model =>
            model?.Transform(View(features, [.. rows.Select(row => new Row { Features = row })])).GetColumn<float>("Score").ToArray())];
        return [.. Enumerable.Range(0, rows.Count).Select(i => Array.ConvertAll(columns, column => column?[i] ?? Never))];
    }

    private TOptions Common<TOptions>(TOptions trainer, string label) where TOptions : TreeOptions
    {
        trainer.FeatureColumnName = nameof(Row.Features);
        trainer.LabelColumnName = label;
        trainer.ExampleWeightColumnName = nameof(Row.Weight);
        (trainer.NumberOfTrees, trainer.NumberOfLeaves, trainer.MinimumExampleCountPerLeaf) = (options.Trees, options.Leaves, LeastRows);
        (trainer.MaximumBinCountPerFeature, trainer.NumberOfThreads, trainer.Seed) = (Bins, 1, unchecked((int)options.Seed));
        return trainer;
    }

    /// <summary>Adds a learner's trees, each with its weight in its leaves.</summary>
    /// <returns>What their sum begins with.</returns>
    private static float Add(List<Tree> trees, object parameters, int target) => parameters switch
    {
        TreeEnsembleModelParametersBasedOnRegressionTree ensemble => Add(trees, ensemble.TrainedTreeEnsemble, target),
        // Of a forest over numbers ML.NET takes the mean.
        TreeEnsembleModelParametersBasedOnQuantileRegressionTree ensemble =>
            Add(trees, ensemble.TrainedTreeEnsemble, target, 1.0 / ensemble.TrainedTreeEnsemble.Trees.Count),
        CalibratedModelParametersBase<FastTreeBinaryModelParameters, PlattCalibrator> { SubModel: { } inner } => Add(trees, inner, target),
        CalibratedModelParametersBase<LightGbmBinaryModelParameters, PlattCalibrator> { SubModel: { } inner } => Add(trees, inner, target),
        _ => throw new NotSupportedException($"{parameters.GetType().Name} holds no trees."),
    };

    private static float Add<TTree>(List<Tree> trees, TreeEnsemble<TTree> ensemble, int target, double scale = 1) where TTree : RegressionTreeBase
    {
        for (int i = 0; i < ensemble.Trees.Count; i++)
        {
            TTree tree = ensemble.Trees[i];
            double weight = ensemble.TreeWeights[i] * scale;
            trees.Add(new(target, [.. tree.NumericalSplitFeatureIndexes], [.. tree.NumericalSplitThresholds],
                [.. tree.LeftChild], [.. tree.RightChild], [.. tree.LeafValues.Select(value => (float)(value * weight))]));
        }
        return (float)ensemble.Bias;
    }

    private IDataView View(int features, Row[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Read);
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        return _ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static string NameOf(ActionSpec action, int number) => action.Names?[number] ?? $"action {number}";
}
