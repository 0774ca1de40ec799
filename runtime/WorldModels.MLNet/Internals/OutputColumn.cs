using Microsoft.ML.Data;
using WorldModels.Bundles;

namespace WorldModels.MLNet.Internals;

/// <summary>A column that a bundle adds.</summary>
/// <param name="Name">Of the column.</param>
/// <param name="Type">Single or Int64, or a vector of it.</param>
/// <param name="Width">Numbers in a row.</param>
internal sealed record OutputColumn(string Name, DataViewType Type, int Width)
{
    /// <summary>Whether its numbers are Int64, and not Single.</summary>
    public bool IsWhole => (Type is VectorDataViewType vector ? vector.ItemType : Type) == NumberDataViewType.Int64;

    /// <summary>One action a row.</summary>
    public static OutputColumn OfAction(string name, ActionSpec action) => new(name, action switch
    {
        { Kind: ActionKind.Discrete } => NumberDataViewType.Int64,
        { Size: 1 } => NumberDataViewType.Single,
        _ => new VectorDataViewType(NumberDataViewType.Single, action.Size),
    }, action.Size);

    /// <summary>The actions of so many steps a row.</summary>
    public static OutputColumn OfActions(string name, ActionSpec action, int steps) => new(name, action switch
    {
        { Kind: ActionKind.Discrete } => new VectorDataViewType(NumberDataViewType.Int64, steps),
        { Size: 1 } => new VectorDataViewType(NumberDataViewType.Single, steps),
        _ => new VectorDataViewType(NumberDataViewType.Single, steps, action.Size),
    }, steps * action.Size);
}
