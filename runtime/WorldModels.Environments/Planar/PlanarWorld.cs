using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Rigid bodies in the plane over a ground of edges, with zones that notice them: dynamic bodies pass through one another and collide with
/// the ground. Sequential impulses in single precision with Box2D 2.3's order of operations, so that its trajectories come out. Allocates
/// nothing a step once it has seen as many contacts as there will be. Not thread-safe.
/// </summary>
/// <param name="timeStep">Seconds a step, always the same.</param>
/// <param name="velocityIterations">Passes over the velocities of all constraints in a step.</param>
/// <param name="positionIterations">Passes over their positions, at most.</param>
internal sealed class PlanarWorld(float timeStep, int velocityIterations, int positionIterations)
{
    private readonly List<PlanarBody> _bodies = [];
    private readonly List<RevoluteJoint> _joints = [];
    private readonly List<GroundEdge> _edges = [];
    private readonly ContactList _contacts = new();
    private readonly SensorList _sensors = new();
    private readonly Island _island = new(timeStep, velocityIterations, positionIterations);

    public Vector2 Gravity { get; set; }

    public void Add(PlanarBody body) => _bodies.Add(body);

    public void Add(RevoluteJoint joint) => _joints.Add(joint);

    public void Add(GroundEdge edge) => _edges.Add(edge);

    public void Add(SensorZone zone) => _sensors.Add(zone);

    public void RemoveZones() => _sensors.RemoveZones();

    /// <summary>Forgets all contacts and impulses, after bodies, edges or zones were placed anew.</summary>
    public void Restart()
    {
        _contacts.Clear();
        _sensors.Clear();
        foreach (RevoluteJoint joint in _joints)
            joint.Restart();
    }

    /// <summary>Moves everything on by one step.</summary>
    /// <param name="listener">Is told of touches; may be null.</param>
    /// <param name="sensors">Is told who is in which zone when the step begins; may be null.</param>
    public void Step(IContactListener? listener = null, ISensorListener? sensors = null)
    {
        FindPairs();
        _contacts.Update(listener);
        _sensors.Update(sensors);
        Solve();
        SolveImpacts(listener);
        foreach (PlanarBody body in _bodies)
            body.ClearForces();
    }

    /// <summary>Writes the state between two steps.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (PlanarBody body in _bodies)
            body.Save(writer);
        foreach (RevoluteJoint joint in _joints)
            joint.Save(writer);
        _contacts.Save(writer, _edges, _bodies);
        _sensors.Save(writer, _bodies);
    }

    /// <summary>Takes up what <see cref="Save"/> wrote of a world of the same bodies, joints, edges and zones.</summary>
    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        foreach (PlanarBody body in _bodies)
            body.Restore(reader);
        foreach (RevoluteJoint joint in _joints)
            joint.Restore(reader);
        _contacts.Restore(reader, _edges, _bodies);
        _sensors.Restore(reader, _bodies);
    }

    /// <summary>Finds what has come near edges and zones.</summary>
    private void FindPairs()
    {
        bool isNew = false;
        foreach (PlanarBody body in _bodies)
            isNew |= body.ReachIsNew;
        if (!isNew)
            return;
        _contacts.Find(_edges, _bodies);
        _sensors.Find(_bodies);
        foreach (PlanarBody body in _bodies)
            body.ReachIsNew = false;
    }

    /// <summary>Moves every island: bodies that joints hold together, with their contacts.</summary>
    private void Solve()
    {
        foreach (PlanarBody body in _bodies)
            body.InIsland = false;
        foreach (RevoluteJoint joint in _joints)
            joint.InIsland = false;
        for (int i = _bodies.Count - 1; i >= 0; i--)
        {
            if (_bodies[i].InIsland || !_bodies[i].IsAwake)
                continue;
            _island.Gather(_bodies[i], _joints, _contacts);
            _island.Solve(Gravity);
        }
        foreach (PlanarBody body in _bodies)
        {
            if (body.InIsland)
                body.UpdateReach();
        }
        FindPairs();
    }

    /// <summary>
    /// Bodies that would pass through the ground within the step go back to where they first touch it, and move on from there; joints
    /// are left to the next step.
    /// </summary>
    private void SolveImpacts(IContactListener? listener)
    {
        const float End = 1 - 10 * PlanarConstants.Epsilon;
        foreach (PlanarBody body in _bodies)
            body.Motion.StartTime = 0;
        _contacts.ForgetImpacts();
        // The ground is a body too in the original: its time is that of the latest impact, and others are looked at from there on.
        float groundTime = 0;
        while (_contacts.FindFirstImpact(ref groundTime) is Contact first)
        {
            float time = first.ImpactTime!.Value;
            if (time > End)
                return;
            PlanarBody body = first.Body;
            (Motion motion, float groundBefore) = (body.Motion, groundTime);
            body.RewindTo(time);
            groundTime = time;
            first.Update(listener);
            first.ImpactTime = null;
            first.Impacts++;
            if (!first.IsTouching)
            {
                first.IsDisabled = true;
                (body.Motion, groundTime) = (motion, groundBefore);
                body.UpdatePose();
                continue;
            }
            body.Wake();
            _island.GatherImpact(first, _contacts, listener);
            _island.SolveImpact((1 - time) * timeStep);
            body.UpdateReach();
            _contacts.ForgetImpactTimes(body);
            FindPairs();
        }
    }
}
