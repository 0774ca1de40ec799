using WorldModels.Bundles;
using Arrays = System.Collections.Generic.IReadOnlyDictionary<string, WorldModels.Bundles.NpyArray>;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// The discrete draws of a graph, found in its reference. Every output of logits (B, ..., classes) holds one draw for each group of
/// classes: the class whose logit is the largest, once its Gumbel noise is added where the graph draws by Gumbel-max. Which input that
/// noise is, and which output has the drawn class, as a number or as a one-hot vector, is known by their sizes and by what the reference
/// drew.
/// </summary>
internal sealed class ParityDraws
{
    private const double LeastAgreement = 0.5, OneHotRounding = 1e-3;

    private readonly List<Draw> _draws = [];

    /// <param name="spec">The graph.</param>
    /// <param name="inputs">The reference's inputs, a dictionary a step.</param>
    /// <param name="outputs">The reference's outputs.</param>
    public ParityDraws(GraphSpec spec, IReadOnlyList<Arrays> inputs, IReadOnlyList<Arrays> outputs)
    {
        List<Logits> logits = spec.Outputs.Where(o => o.Role == TensorRole.Logits).Select(o => new Logits(o, outputs[0][o.Name].Shape)).ToList();
        List<TensorSpec> noises = spec.Inputs.Where(i => i.Noise == NoiseKind.Gumbel).ToList();
        bool CanPerturb(TensorSpec noise, Logits l) => inputs[0][noise.Name].Length == outputs[0][l.Spec.Name].Length;
        IEnumerable<Draw> candidates = from l in logits
                                       from result in spec.Outputs.Where(o => l.CanBeDrawn(o, outputs[0][o.Name].Length / outputs[0][o.Name].Shape[0]))
                                       from noise in noises.Where(n => CanPerturb(n, l)).Append(null)
                                       let draw = new Draw(l, result, noise)
                                       let agreement = draw.Agreement(inputs, outputs)
                                       where agreement > LeastAgreement
                                       orderby agreement descending
                                       select draw;
        foreach (Draw draw in candidates.ToList())
        {
            bool isFree = logits.Contains(draw.Logits) && (draw.Noise is null || noises.Contains(draw.Noise))
                && _draws.All(d => d.Result != draw.Result);
            if (isFree)
                Take(draw);
        }
        // No output has these draws themselves; they show only in what is computed from them, such as a reward.
        foreach (Logits hidden in logits.ToList())
            Take(new(hidden, null, noises.Find(n => CanPerturb(n, hidden))));

        void Take(Draw draw)
        {
            _draws.Add(draw);
            logits.Remove(draw.Logits);
            if (draw.Noise is not null)
                noises.Remove(draw.Noise);
        }
    }

    /// <summary>Draws in a row.</summary>
    public int EachRow => _draws.Sum(d => d.Logits.Groups);

    /// <summary>Where the draws of a step differ from the reference's, and whether they may.</summary>
    /// <param name="given">The reference's inputs.</param>
    /// <param name="expected">The reference's outputs.</param>
    /// <param name="found">The outputs here.</param>
    /// <param name="nearTies">The gap to the best perturbed logit within which a class may be drawn instead.</param>
    /// <param name="agrees">Whether an output's row agrees with the reference's.</param>
    public IEnumerable<Flip> Flips(Arrays given, Arrays expected, Arrays found, double nearTies, Func<TensorSpec, int, bool> agrees)
    {
        foreach (Draw draw in _draws)
        {
            float[] perturbed = draw.Perturbed(given, expected);
            int[] before = draw.Classes(given, expected), now = draw.Classes(given, found);
            for (int i = 0; i < before.Length; i++)
            {
                if (before[i] == now[i])
                    continue;
                int row = i / draw.Logits.Groups;
                double gap = Math.Max(draw.Logits.Gap(perturbed, i, before[i]), draw.Logits.Gap(perturbed, i, now[i]));
                yield return new(draw.Logits.Spec.Name, row, i % draw.Logits.Groups, gap, gap <= nearTies,
                    agrees(draw.Logits.Spec, row), IsSeen: draw.Result is not null);
            }
        }
    }

    /// <summary>A draw that differs.</summary>
    /// <param name="Logits">What it was drawn from.</param>
    /// <param name="Row">The row.</param>
    /// <param name="Group">The group of classes in the row.</param>
    /// <param name="Gap">How far the worse of the two classes is from the best perturbed logit of the reference.</param>
    /// <param name="IsNearTie">Whether that is near enough.</param>
    /// <param name="LogitsAgree">Whether the row's logits agree; if not, another draw before this one may be why.</param>
    /// <param name="IsSeen">Whether an output has the class itself.</param>
    internal readonly record struct Flip(
        string Logits, int Row, int Group, double Gap, bool IsNearTie, bool LogitsAgree, bool IsSeen);

    /// <summary>Logits and how their classes lie.</summary>
    private sealed class Logits
    {
        private readonly int _inner; // elements from one class to the next

        public Logits(TensorSpec spec, IReadOnlyList<int> shape)
        {
            Spec = spec;
            int axis = spec.Axis ?? -1;
            if (axis < 0)
                axis += shape.Count;
            Classes = shape[axis];
            _inner = shape.Skip(axis + 1).Aggregate(1, (product, d) => product * d);
            Groups = shape.Skip(1).Take(axis - 1).Aggregate(_inner, (product, d) => product * d);
        }

        public TensorSpec Spec { get; }

        public int Classes { get; }

        /// <summary>Groups of classes in a row.</summary>
        public int Groups { get; }

        /// <summary>Whether an output can have the classes: a number each, or a one-hot vector each.</summary>
        public bool CanBeDrawn(TensorSpec output, int rowSize) => output.Dtype == TensorType.Int64 ? rowSize == Groups
            : output.Role == TensorRole.State && rowSize == Groups * Classes;

        /// <summary>Which of a group's values is the largest.</summary>
        public int Best(float[] values, int group)
        {
            int best = 0;
            for (int c = 1; c < Classes; c++)
            {
                if (values[At(group, c)] > values[At(group, best)])
                    best = c;
            }

            return best;
        }

        /// <summary>How much less than the best a class has; infinite for one that is none.</summary>
        public double Gap(float[] values, int group, int c) => c < 0 || c >= Classes ? double.PositiveInfinity
            : (double)values[At(group, Best(values, group))] - values[At(group, c)];

        /// <summary>Whether each group has a one and zeros besides.</summary>
        public bool AreOneHot(float[] values)
        {
            for (int group = 0; group < values.Length / Classes; group++)
            {
                int one = Best(values, group);
                for (int c = 0; c < Classes; c++)
                {
                    if (!(Math.Abs(values[At(group, c)] - (c == one ? 1 : 0)) < OneHotRounding))
                        return false;
                }
            }
            return true;
        }

        private int At(int group, int c) => (group / _inner * Classes + c) * _inner + group % _inner;
    }

    /// <summary>
    /// Logits, the output that has what is drawn from them as it is, and the noise it is drawn with; both may be missing.
    /// </summary>
    private sealed record Draw(Logits Logits, TensorSpec? Result, TensorSpec? Noise)
    {
        /// <summary>Logits with their noise.</summary>
        public float[] Perturbed(Arrays given, Arrays outputs)
        {
            float[] values = outputs[Logits.Spec.Name].ToFloats();
            if (Noise is null)
                return values;
            Span<float> noise = given[Noise.Name].As<float>();
            for (int i = 0; i < values.Length; i++)
                values[i] += noise[i];
            return values;
        }

        /// <summary>The class that each group drew.</summary>
        public int[] Classes(Arrays given, Arrays outputs)
        {
            if (Result is { Dtype: TensorType.Int64 })
                return [.. outputs[Result.Name].As<long>().ToArray().Select(c => c is >= 0 and < int.MaxValue ? (int)c : -1)];
            float[] values = Result is null ? Perturbed(given, outputs) : outputs[Result.Name].ToFloats();
            return [.. Enumerable.Range(0, values.Length / Logits.Classes).Select(group => Logits.Best(values, group))];
        }

        /// <summary>The share of the reference's results that are the best of the perturbed logits; 0 if they are no classes.</summary>
        public double Agreement(IReadOnlyList<Arrays> inputs, IReadOnlyList<Arrays> outputs)
        {
            int same = 0, all = 0;
            for (int t = 0; t < outputs.Count; t++)
            {
                if (Result!.Dtype != TensorType.Int64 && !Logits.AreOneHot(outputs[t][Result.Name].ToFloats()))
                    return 0;
                int[] drawn = Classes(inputs[t], outputs[t]);
                float[] perturbed = Perturbed(inputs[t], outputs[t]);
                all += drawn.Length;
                for (int group = 0; group < drawn.Length; group++)
                {
                    if (Logits.Best(perturbed, group) == drawn[group])
                        same++;
                }
            }
            return (double)same / all;
        }
    }
}
