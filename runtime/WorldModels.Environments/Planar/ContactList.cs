namespace WorldModels.Environments;

/// <summary>
/// The contacts of a world, the newest last. Solvers go through them from the newest on: with sequential impulses, order is part of
/// the result.
/// </summary>
internal sealed class ContactList
{
    private readonly List<Contact> _contacts = [];
    private readonly Stack<Contact> _unused = new();

    public int Count => _contacts.Count;

    /// <summary>Contacts in the order of their beginning.</summary>
    public Contact this[int index] => _contacts[index];

    public void Clear()
    {
        foreach (Contact contact in _contacts)
            _unused.Push(contact);
        _contacts.Clear();
    }

    /// <summary>Begins a contact of each edge with each body of one polygon that has come near it.</summary>
    public void Find(List<GroundEdge> edges, List<PlanarBody> bodies)
    {
        foreach (GroundEdge edge in edges)
        {
            foreach (PlanarBody body in bodies)
            {
                if (body is { ReachIsNew: true, Shape: not null } && edge.Reach.Overlaps(body.Reach) && !Has(edge, body))
                    Begin(edge, body);
            }
        }
    }

    /// <summary>Ends contacts of what is no longer near each other, and looks where the others touch.</summary>
    public void Update(IContactListener? listener)
    {
        for (int i = _contacts.Count - 1; i >= 0; i--)
        {
            Contact contact = _contacts[i];
            if (!contact.Body.IsAwake)
                continue;
            if (contact.Edge.Reach.Overlaps(contact.Body.Reach))
            {
                contact.Update(listener);
                continue;
            }
            contact.End(listener);
            _contacts.RemoveAt(i);
            _unused.Push(contact);
        }
    }

    /// <summary>A step begins: nothing is known of its impacts.</summary>
    public void ForgetImpacts()
    {
        foreach (Contact contact in _contacts)
            (contact.ImpactTime, contact.Impacts) = (null, 0);
    }

    /// <summary>The body moves otherwise from here on.</summary>
    public void ForgetImpactTimes(PlanarBody body)
    {
        foreach (Contact contact in _contacts)
        {
            if (contact.Body == body)
                contact.ImpactTime = null;
        }
    }

    /// <summary>The contact that touches first in what is left of the step; null if none does.</summary>
    /// <param name="groundTime">The time up to which the ground has come.</param>
    public Contact? FindFirstImpact(ref float groundTime)
    {
        Contact? first = null;
        float least = 1;
        for (int i = _contacts.Count - 1; i >= 0; i--)
        {
            Contact contact = _contacts[i];
            if (contact.IsDisabled || contact.Impacts > PlanarConstants.MaxImpacts)
                continue;
            if (contact.ImpactTime is null && !contact.Body.IsAwake)
                continue;
            float time = contact.ImpactTime ??= FindImpact(contact, ref groundTime);
            if (time < least)
                (first, least) = (contact, time);
        }
        return first;
    }

    public void Save(BinaryWriter writer, List<GroundEdge> edges, List<PlanarBody> bodies)
    {
        writer.Write(_contacts.Count);
        foreach (Contact contact in _contacts)
        {
            writer.Write(edges.IndexOf(contact.Edge));
            writer.Write(bodies.IndexOf(contact.Body));
            contact.Manifold.Save(writer);
        }
    }

    /// <exception cref="ArgumentException">There are no such contacts.</exception>
    public void Restore(BinaryReader reader, List<GroundEdge> edges, List<PlanarBody> bodies)
    {
        Clear();
        int count = reader.ReadIndex(edges.Count * bodies.Count + 1);
        for (int i = 0; i < count; i++)
        {
            Contact contact = Begin(edges[reader.ReadIndex(edges.Count)], bodies[reader.ReadIndex(bodies.Count)]);
            contact.Manifold = Manifold.Restore(reader);
        }
    }

    private static float FindImpact(Contact contact, ref float groundTime)
    {
        PlanarBody body = contact.Body;
        float from = MathF.Max(groundTime, body.Motion.StartTime);
        groundTime = from;
        if (body.Motion.StartTime < from)
            body.Motion.Advance(from);
        return ImpactTime.Find(contact.Edge, body.Shape!, body.Motion) is float fraction
            ? MathF.Min(from + (1 - from) * fraction, 1) : 1;
    }

    private bool Has(GroundEdge edge, PlanarBody body)
    {
        foreach (Contact contact in _contacts)
        {
            if (contact.Edge == edge && contact.Body == body)
                return true;
        }
        return false;
    }

    private Contact Begin(GroundEdge edge, PlanarBody body)
    {
        Contact contact = _unused.TryPop(out Contact? used) ? used : new();
        contact.Join(edge, body);
        _contacts.Add(contact);
        return contact;
    }
}
