using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <content>What a picture is drawn from.</content>
public sealed unsafe partial class MuJoCoPhysics
{
    private const int VisibleGroups = 3; // as in MuJoCo, where sites of the groups from here on are not drawn

    /// <summary>All that can be seen, where it is after the last <see cref="Forward"/> or <see cref="Step"/>: geoms, then sites.</summary>
    internal IReadOnlyList<MuJoCoGeom> Geoms()
    {
        (ModelLayout model, DataLayout data) = (_library.Layout.Model, _library.Layout.Data);
        int geoms = _model.GeomNames.Length, sites = _model.SiteNames.Length;
        List<MuJoCoGeom> visible = [];
        for (int i = 0; i < geoms; i++)
        {
            visible.Add(new(
                _model.GeomNames[i],
                (MuJoCoGeomKind)Handle.Array<int>(model.GeomType, geoms)[i],
                Row(Handle.Array<double>(model.GeomSize, 3 * geoms), i, 3),
                Row(_data.Array<double>(data.GeomPosition, 3 * geoms), i, 3),
                Row(_data.Array<double>(data.GeomOrientation, 9 * geoms), i, 9),
                Row(Handle.Array<float>(model.GeomColor, 4 * geoms), i, 4)));
        }
        for (int i = 0; i < sites; i++)
        {
            if (Handle.Array<int>(model.SiteGroup, sites)[i] >= VisibleGroups)
                continue;
            visible.Add(new(
                _model.SiteNames[i],
                (MuJoCoGeomKind)Handle.Array<int>(model.SiteType, sites)[i],
                Row(Handle.Array<double>(model.SiteSize, 3 * sites), i, 3),
                Row(_data.Array<double>(data.SitePosition, 3 * sites), i, 3),
                Row(_data.Array<double>(data.SiteOrientation, 9 * sites), i, 9),
                Row(Handle.Array<float>(model.SiteColor, 4 * sites), i, 4)));
        }
        GC.KeepAlive(this);
        visible.RemoveAll(geom => geom.Color[3] == 0);
        return visible;
    }

    /// <summary>One of the model's cameras, 0 the one of dm_control's pictures, where it is now; it may follow the body.</summary>
    internal MuJoCoCamera Camera(int index)
    {
        int cameras = _model.CameraNames.Length;
        MuJoCoCamera camera = new(
            _model.CameraNames[index],
            Row(_data.Array<double>(_library.Layout.Data.CameraPosition, 3 * cameras), index, 3),
            Row(_data.Array<double>(_library.Layout.Data.CameraOrientation, 9 * cameras), index, 9),
            Handle.Array<double>(_library.Layout.Model.CameraFieldOfView, cameras)[index]);
        GC.KeepAlive(this);
        return camera;
    }

    private static T[] Row<T>(Span<T> values, int row, int width) => values.Slice(row * width, width).ToArray();
}

/// <summary>A shape of a model in the world.</summary>
/// <param name="Name">What the model calls it.</param>
/// <param name="Kind">Its form.</param>
/// <param name="Size">
/// Sphere: radius. Capsule and cylinder: radius, half the length along z. Box and ellipsoid: half axes. Plane: half of what is drawn.
/// </param>
/// <param name="Position">Of its centre (m), x, y, z.</param>
/// <param name="Orientation">Its axes, the columns of a 3x3 matrix that is stored by rows.</param>
/// <param name="Color">Red, green, blue and opacity, each in [0, 1].</param>
internal sealed record MuJoCoGeom(
    string Name, MuJoCoGeomKind Kind, double[] Size, double[] Position, double[] Orientation, float[] Color);

/// <summary>MuJoCo's mjtGeom.</summary>
internal enum MuJoCoGeomKind
{
    Plane,
    HeightField,
    Sphere,
    Capsule,
    Ellipsoid,
    Cylinder,
    Box,
}

/// <summary>A camera in the world.</summary>
/// <param name="Name">What the model calls it.</param>
/// <param name="Position">m, x, y, z.</param>
/// <param name="Orientation">Right, up and back, the columns of a 3x3 matrix that is stored by rows.</param>
/// <param name="FieldOfView">Degrees from the lower edge to the upper one.</param>
internal sealed record MuJoCoCamera(string Name, double[] Position, double[] Orientation, double FieldOfView);
