namespace WorldModels.Models;

/// <summary>
/// Fully connected layers of G groups, all of one size, each with an input of its own, as one product: y_g = x_g W_g + b_g, zero biases.
/// Layers of one input that all groups share are a <see cref="Linear{T}"/> of G times the outputs.
/// </summary>
public sealed class GroupedLinear<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _weight, _bias;

    /// <param name="p">Path of the layers.</param>
    /// <param name="groups">G.</param>
    /// <param name="inputs">Size of the last axis of the input.</param>
    /// <param name="outputs">Size of the last axis of the result.</param>
    /// <param name="weight">Initialiser of the weights.</param>
    public GroupedLinear(Parameters<T> p, int groups, int inputs, int outputs, Init weight)
    {
        _p = p;
        _weight = p.Get("weight", [groups, inputs, outputs], weight);
        _bias = p.Get("bias", [groups, 1, outputs], Init.Zeros);
    }

    /// <summary>(G, B, inputs) to (G, B, outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return x.MatMul(_weight) + _bias;
    }
}

/// <summary>
/// What an action contributes to a layer of each of G groups that see their own numbers of it alone: y_g = W_g a_g + b_g, zero biases.
/// There are no more weights than a layer over the whole action has; with zeros for the numbers of other groups they are one layer of all
/// groups.
/// </summary>
public sealed class GroupedAction<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _weight, _bias, _own;
    private readonly int _actions, _outputs, _all;

    /// <param name="p">Path of the layers.</param>
    /// <param name="groups">The numbers of an action (A) that each group sees.</param>
    /// <param name="outputs">Size of each group's result (H).</param>
    /// <param name="weight">Initialiser of the weights.</param>
    /// <exception cref="ArgumentException">A number of the action is in no group, or in several.</exception>
    public GroupedAction(Parameters<T> p, IReadOnlyList<IReadOnlyList<int>> groups, int outputs, Init weight)
    {
        (_p, _actions, _outputs, _all) = (p, groups.Sum(group => group.Count), outputs, groups.Count * outputs);
        if (!groups.SelectMany(group => group).Order().SequenceEqual(Enumerable.Range(0, _actions)))
            throw new ArgumentException($"Each number of an action, from 0 to {_actions - 1}, belongs to one group.", nameof(groups));
        _weight = p.Get("action_weight", [outputs, _actions], weight);
        _bias = p.Get("bias", [_all], Init.Zeros);
        float[] own = new float[groups.Count * _actions];
        for (int group = 0; group < groups.Count; group++)
        {
            foreach (int number in groups[group])
                own[group * _actions + number] = 1;
        }
        _own = p.Constant("own", own, groups.Count, 1, _actions);
    }

    /// <summary>(..., A) to (..., G H).</summary>
    public T Forward(T action)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T weight = _weight.Reshape(1, _outputs, _actions) * _own;                                   // (G, H, A)
        return action.Linear(weight.Reshape(_all, _actions), _bias);
    }
}
