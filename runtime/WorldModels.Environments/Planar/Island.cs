using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Bodies that joints hold together, with their joints and the contacts that touch: what is solved, and sleeps, as one.</summary>
internal sealed class Island(float timeStep, int velocityIterations, int positionIterations)
{
    private readonly List<PlanarBody> _bodies = [];
    private readonly List<RevoluteJoint> _joints = [];
    private readonly List<Contact> _contacts = [];
    private readonly Stack<PlanarBody> _found = new();

    /// <summary>Collects what hangs together with a body. The order of constraints is that of the original's search.</summary>
    public void Gather(PlanarBody seed, List<RevoluteJoint> joints, ContactList contacts)
    {
        Clear();
        Find(seed);
        while (_found.TryPop(out PlanarBody? body))
        {
            _bodies.Add(body);
            body.Wake();
            AddTouching(body, contacts);
            for (int i = joints.Count - 1; i >= 0; i--)
            {
                RevoluteJoint joint = joints[i];
                if (joint.InIsland || (joint.First != body && joint.Second != body))
                    continue;
                joint.InIsland = true;
                _joints.Add(joint);
                PlanarBody other = joint.First == body ? joint.Second : joint.First;
                if (other.InverseMass > 0 && !other.InIsland)
                    Find(other);
            }
        }

        void Find(PlanarBody body)
        {
            body.InIsland = true;
            _found.Push(body);
        }
    }

    /// <summary>Collects a contact at its time of impact, and those of the same body that touch then.</summary>
    public void GatherImpact(Contact first, ContactList contacts, IContactListener? listener)
    {
        Clear();
        _bodies.Add(first.Body);
        _contacts.Add(first);
        for (int i = contacts.Count - 1; i >= 0; i--)
        {
            Contact contact = contacts[i];
            if (contact == first || contact.Body != first.Body)
                continue;
            contact.Update(listener);
            if (contact.IsTouching)
                _contacts.Add(contact);
        }
    }

    /// <summary>One step: velocities from forces and impulses, positions from velocities, then what still overlaps is moved apart.</summary>
    public void Solve(Vector2 gravity)
    {
        foreach (PlanarBody body in _bodies)
            body.Accelerate(timeStep, gravity);
        foreach (Contact contact in _contacts)
        {
            contact.Constraint.Warm();
            contact.Constraint.Prepare();
        }
        foreach (Contact contact in _contacts)
            contact.Constraint.WarmStart();
        foreach (RevoluteJoint joint in _joints)
            joint.Prepare();
        SolveVelocities();
        foreach (Contact contact in _contacts)
            contact.Constraint.Store();
        foreach (PlanarBody body in _bodies)
            body.Move(timeStep);
        bool isSolved = SolvePositions();
        float rest = float.MaxValue;
        foreach (PlanarBody body in _bodies)
        {
            body.UpdatePose();
            rest = MathF.Min(rest, body.Rest(timeStep));
        }
        if (!isSolved || rest < PlanarConstants.SleepDelay)
            return;
        foreach (PlanarBody body in _bodies)
            body.Sleep();
    }

    /// <summary>The rest of a step after an impact: the body is moved out of the ground first. Its impulses are not kept.</summary>
    /// <param name="time">Seconds that are left.</param>
    public void SolveImpact(float time)
    {
        PlanarBody body = _bodies[0];
        for (int i = 0; i < PlanarConstants.ImpactIterations; i++)
        {
            float least = 0;
            foreach (Contact contact in _contacts)
                least = MathF.Min(least, contact.Constraint.SolvePosition(PlanarConstants.ImpactCorrection));
            if (least >= -1.5f * PlanarConstants.LinearSlop)
                break;
        }
        (body.Motion.StartCenter, body.Motion.StartAngle) = (body.Motion.Center, body.Motion.Angle);
        foreach (Contact contact in _contacts)
        {
            contact.Constraint.Cool();
            contact.Constraint.Prepare();
        }
        SolveVelocities();
        body.Move(time);
        body.UpdatePose();
    }

    private void Clear()
    {
        _bodies.Clear();
        _joints.Clear();
        _contacts.Clear();
    }

    private void AddTouching(PlanarBody body, ContactList contacts)
    {
        for (int i = contacts.Count - 1; i >= 0; i--)
        {
            Contact contact = contacts[i];
            if (contact.Body == body && contact.IsTouching && !contact.IsDisabled)
                _contacts.Add(contact);
        }
    }

    private void SolveVelocities()
    {
        for (int i = 0; i < velocityIterations; i++)
        {
            foreach (RevoluteJoint joint in _joints)
                joint.SolveVelocity(timeStep);
            foreach (Contact contact in _contacts)
                contact.Constraint.SolveVelocity();
        }
    }

    /// <returns>Everything is within the slops.</returns>
    private bool SolvePositions()
    {
        for (int i = 0; i < positionIterations; i++)
        {
            float least = 0;
            foreach (Contact contact in _contacts)
                least = MathF.Min(least, contact.Constraint.SolvePosition(PlanarConstants.Correction));
            bool isSolved = least >= -3 * PlanarConstants.LinearSlop;
            foreach (RevoluteJoint joint in _joints)
                isSolved &= joint.SolvePosition();
            if (isSolved)
                return true;
        }
        return false;
    }
}
