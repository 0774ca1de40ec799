using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.Train.Data;

/// <summary>How episodes keep observations: numbers as they are, pictures as bytes until a batch is made, numbers beside them.</summary>
public static class KeptObservations
{
    extension(ObservationSpec observation)
    {
        /// <summary>The column "observation".</summary>
        public EpisodeColumn Column => observation.PictureShape is { } picture
            ? new(EpisodeColumn.Observation, NpyType.UInt8, picture)
            : new(EpisodeColumn.Observation, NpyType.Float32, observation.Shape);

        /// <summary>The column of the numbers behind a picture, where there are any.</summary>
        public EpisodeColumn[] Beside => observation.Picture is not null
            ? [new(EpisodeColumn.Numbers, NpyType.Float32, observation.Size - observation.Column.Size)] : [];
    }
}
