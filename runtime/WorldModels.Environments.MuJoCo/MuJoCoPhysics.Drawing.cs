using System.Numerics;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <content>What a picture is drawn from.</content>
public sealed unsafe partial class MuJoCoPhysics
{
    private const int VisibleGroups = 3; // as in MuJoCo, where sites of the groups from here on are not drawn

    private int[] _shownGeoms = [];
    private int[] _shownSites = [];

    private ModelLook Look => ModelLook.Of(_model.Name);

    /// <inheritdoc/>
    public BodyScene CreateScene()
    {
        ModelLayout model = _library.Layout.Model;
        int geoms = _model.GeomNames.Length, sites = _model.SiteNames.Length;
        Span<float> geomColors = Handle.Array<float>(model.GeomColor, 4 * geoms), siteColors = Handle.Array<float>(model.SiteColor, 4 * sites);
        Span<int> groups = Handle.Array<int>(model.SiteGroup, sites);
        List<int> shownGeoms = [], shownSites = [];
        List<Geom> shapes = [];
        for (int i = 0; i < geoms; i++)
        {
            if (geomColors[4 * i + 3] == 0)
                continue;
            shownGeoms.Add(i);
            Geom shape = Shape(
                Handle.Array<int>(model.GeomType, geoms)[i], Handle.Array<double>(model.GeomSize, 3 * geoms)[(3 * i)..], geomColors[(4 * i)..]);
            shapes.Add(ModelLook.IsFloor(_model.GeomNames[i]) ? SuiteLook.Floor(shape.Size.X, shape.Size.Y) : shape);
        }
        for (int i = 0; i < sites; i++)
        {
            if (groups[i] >= VisibleGroups || siteColors[4 * i + 3] == 0)
                continue;
            shownSites.Add(i);
            shapes.Add(Shape(
                Handle.Array<int>(model.SiteType, sites)[i], Handle.Array<double>(model.SiteSize, 3 * sites)[(3 * i)..], siteColors[(4 * i)..]));
        }
        (_shownGeoms, _shownSites) = ([.. shownGeoms], [.. shownSites]);
        if (Look.StringBetween is not null)
            shapes.Add(ModelLook.String);
        int cameras = _model.CameraNames.Length;
        BodyScene scene = new(shapes, [Look.Light])
        {
            FieldOfView = Handle.Array<double>(model.CameraFieldOfView, cameras)[Look.Camera],
        };
        GC.KeepAlive(this);
        return scene;
    }

    /// <inheritdoc/>
    public void Place(BodyScene scene)
    {
        DataLayout data = _library.Layout.Data;
        int geoms = _model.GeomNames.Length, sites = _model.SiteNames.Length, cameras = _model.CameraNames.Length, shape = 0;
        Span<double> positions = _data.Array<double>(data.GeomPosition, 3 * geoms), turns = _data.Array<double>(data.GeomOrientation, 9 * geoms);
        foreach (int i in _shownGeoms)
            scene.Place(shape++, At(positions, turns, i));
        Span<double> sitePositions = _data.Array<double>(data.SitePosition, 3 * sites);
        Span<double> siteTurns = _data.Array<double>(data.SiteOrientation, 9 * sites);
        foreach (int i in _shownSites)
            scene.Place(shape++, At(sitePositions, siteTurns, i));
        if (Look.StringBetween is var (from, to))
            scene.Stretch(shape, Site(sitePositions, from), Site(sitePositions, to));
        scene.Camera = At(
            _data.Array<double>(data.CameraPosition, 3 * cameras), _data.Array<double>(data.CameraOrientation, 9 * cameras), Look.Camera);
        if (Look.FromCamera is { } offset)
            scene.SetLight(0, Look.Light with { Position = scene.Camera.Position + offset });
        GC.KeepAlive(this);
    }

    private Vector3 Site(Span<double> positions, string name)
    {
        Span<double> at = positions.Slice(3 * Array.IndexOf(_model.SiteNames, name), 3);
        return new((float)at[0], (float)at[1], (float)at[2]);
    }

    private static Placement At(Span<double> positions, Span<double> orientations, int index) =>
        Placement.Of(positions.Slice(3 * index, 3), orientations.Slice(9 * index, 9));

    private static Geom Shape(int type, Span<double> size, Span<float> color) => new(
        (GeomType)type, new((float)size[0], (float)size[1], (float)size[2]), new(color[0], color[1], color[2], color[3]));
}
