namespace WorldModels.Environments;

/// <summary>The zones of a world, and the bodies that are near them or in them.</summary>
internal sealed class SensorList
{
    private readonly List<SensorZone> _zones = [];
    private readonly List<Sighting> _near = [];

    /// <summary>Adds a zone, whose index is the count of those before.</summary>
    public void Add(SensorZone zone) => _zones.Add(zone);

    /// <summary>Takes all zones away.</summary>
    public void RemoveZones()
    {
        _zones.Clear();
        _near.Clear();
    }

    /// <summary>Forgets who was near.</summary>
    public void Clear() => _near.Clear();

    /// <summary>Watches each body that has come near a zone.</summary>
    public void Find(List<PlanarBody> bodies)
    {
        foreach (PlanarBody body in bodies)
        {
            if (!body.ReachIsNew)
                continue;
            foreach (SensorZone zone in _zones)
            {
                if (zone.Reach.Overlaps(body.Reach) && !Has(zone, body))
                    _near.Add(new(zone, body, false));
            }
        }
    }

    /// <summary>Looks who is in which zone now.</summary>
    public void Update(ISensorListener? listener)
    {
        for (int i = _near.Count - 1; i >= 0; i--)
        {
            (SensorZone zone, PlanarBody body, bool wasInside) = _near[i];
            if (!body.IsAwake)
                continue;
            bool isNear = zone.Reach.Overlaps(body.Reach), isInside = isNear && zone.Overlaps(body);
            if (isNear)
                _near[i] = new(zone, body, isInside);
            else
                _near.RemoveAt(i);
            if (isInside && !wasInside)
                listener?.Entered(zone, body);
            else if (wasInside && !isInside)
                listener?.Left(zone, body);
        }
    }

    public void Save(BinaryWriter writer, List<PlanarBody> bodies)
    {
        writer.Write(_near.Count);
        foreach ((SensorZone zone, PlanarBody body, bool isInside) in _near)
        {
            writer.Write(zone.Index);
            writer.Write(bodies.IndexOf(body));
            writer.Write(isInside);
        }
    }

    /// <exception cref="ArgumentException">There are no such zones or bodies.</exception>
    public void Restore(BinaryReader reader, List<PlanarBody> bodies)
    {
        _near.Clear();
        int count = reader.ReadIndex(_zones.Count * bodies.Count + 1);
        for (int i = 0; i < count; i++)
            _near.Add(new(_zones[reader.ReadIndex(_zones.Count)], bodies[reader.ReadIndex(bodies.Count)], reader.ReadBoolean()));
    }

    private bool Has(SensorZone zone, PlanarBody body)
    {
        foreach (Sighting sighting in _near)
        {
            if (sighting.Zone == zone && sighting.Body == body)
                return true;
        }
        return false;
    }

    /// <summary>A body near a zone, and whether it overlaps it.</summary>
    private readonly record struct Sighting(SensorZone Zone, PlanarBody Body, bool IsInside);
}
