namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>Whether the library is laid out as its version says: a model of one joint must come out as it is written.</summary>
internal static unsafe class SelfCheck
{
    /// <exception cref="MuJoCoException">They are not.</exception>
    public static void Run(MuJoCoLibrary library)
    {
        using ModelHandle model = new(library, "self-check", """
            <mujoco>
              <option timestep=".125"/>
              <worldbody>
                <body name="probe" pos="0 0 3">
                  <joint name="slider" type="slide" axis="0 0 1" ref="2" limited="true" range="1 5" damping="7"/>
                  <geom type="sphere" size=".25" rgba=".5 .25 .125 1"/>
                </body>
              </worldbody>
              <sensor>
                <jointpos joint="slider"/>
              </sensor>
              <actuator>
                <motor joint="slider" ctrllimited="true" ctrlrange="-4 6"/>
              </actuator>
            </mujoco>
            """u8);
        using DataHandle data = new(library, model);
        library.ResetData(model.Address, data.Address);
        library.Forward(model.Address, data.Address);
        (ModelLayout m, DataLayout d) = (library.Layout.Model, library.Layout.Data);
        bool counts = (model.Integer(m.PositionCount), model.Integer(m.VelocityCount), model.Integer(m.ActuatorCount)) == (1, 1, 1)
            && (model.Integer(m.BodyCount), model.Integer(m.SensorDataCount), data.Integer(d.ContactCount)) == (2, 1, 0);
        bool isAsWritten = counts
            && model.Real(m.TimeStep) == 0.125
            && model.Array<double>(m.JointRange, 2) is [1, 5]
            && model.Array<double>(m.Damping, 1) is [7]
            && model.Array<double>(m.ControlRange, 2) is [-4, 6]
            && model.Array<double>(m.GeomSize, 1) is [0.25]
            && model.Array<float>(m.GeomColor, 3) is [0.5f, 0.25f, 0.125f]
            && data.Array<double>(d.Positions, 1) is [2]
            && data.Array<double>(d.SensorData, 1) is [2]
            && data.Array<double>(d.BodyPosition, 6) is [.., 3];
        if (!isAsWritten)
        {
            throw new MuJoCoException(
                "The MuJoCo that is here has other structures than its version says, as a library built with other options has. "
                + "Install the published build of this version.");
        }
    }
}
