using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;

namespace WorldModels.MLNet.Internals;

/// <summary>Copies the observation of a cursor's row.</summary>
internal delegate void ObservationGetter(Span<float> values);

/// <summary>Observations of every type that bundles take.</summary>
internal static class ObservationGetters
{
    public static ObservationGetter Of(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type == NumberDataViewType.Single)
        {
            ValueGetter<float> single = row.GetGetter<float>(column);
            return values => single(ref values[0]);
        }

        if (((VectorDataViewType)column.Type).ItemType == NumberDataViewType.Single)
        {
            ValueGetter<VBuffer<float>> vector = row.GetGetter<VBuffer<float>>(column);
            VBuffer<float> floats = default;
            return values =>
            {
                vector(ref floats);
                floats.CopyTo(values);
            };
        }

        ValueGetter<VBuffer<byte>> image = row.GetGetter<VBuffer<byte>>(column);
        VBuffer<byte> bytes = default;
        byte[] dense = new byte[((VectorDataViewType)column.Type).Size];
        return values =>
        {
            image(ref bytes);
            bytes.CopyTo(dense);
            Pixels.ToFloats(dense, values);
        };
    }
}
