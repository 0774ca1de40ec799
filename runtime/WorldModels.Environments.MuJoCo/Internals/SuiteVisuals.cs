using System.Globalization;
using System.Numerics;
using System.Text;
using System.Xml.Linq;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>
/// What dm_control's models have for MuJoCo's renderer alone: a head light, a light above (see <see cref="ModelLook"/>), shadows of 2048 x 2048, a sky, a floor that
/// mirrors a fifth. Numbers from dm_control (Apache-2.0).
/// </summary>
internal static class SuiteVisuals
{
    private const string Visuals = """
        <mujoco>
          <statistic extent="2" center="0 0 1"/>
          <visual>
            <headlight ambient=".4 .4 .4" diffuse=".8 .8 .8" specular=".1 .1 .1"/>
            <map znear=".01"/>
            <quality shadowsize="2048"/>
          </visual>
          <asset>
            <texture type="skybox" builtin="gradient" rgb1=".4 .6 .8" rgb2="0 0 0" width="800" height="800" mark="random" markrgb="1 1 1"/>
            <texture name="grid" type="2d" builtin="checker" rgb1=".1 .2 .3" rgb2=".2 .3 .4" width="300" height="300"/>
            <material name="grid" texture="grid" texrepeat="1 1" texuniform="true" reflectance=".2"/>
          </asset>
        </mujoco>
        """;

    /// <summary>A model's file with what is seen beside its bodies, in pictures of a size.</summary>
    public static byte[] AddTo(ReadOnlySpan<byte> mjcf, ModelLook look, int size)
    {
        XElement model = XElement.Parse(Encoding.UTF8.GetString(mjcf)), visuals = XElement.Parse(Visuals);
        visuals.Element("visual")!.Add(new XElement("global", new XAttribute("offwidth", size), new XAttribute("offheight", size)));
        model.Add(visuals.Elements());
        foreach (XElement geom in model.Descendants("geom").Where(geom => ModelLook.IsFloor((string?)geom.Attribute("name") ?? "")))
        {
            geom.SetAttributeValue("rgba", "1 1 1 1");     // as the material has it
            geom.SetAttributeValue("material", "grid");
        }
        XElement world = model.Element("worldbody")!;
        // A light that follows is part of the body that it follows.
        (look.FromCamera is null ? world : world.Element("body")!).AddFirst(Light(look));
        return Encoding.UTF8.GetBytes(model.ToString());
    }

    private static XElement Light(ModelLook look)
    {
        XElement light = new(
            "light", new XAttribute("pos", Text(look.Light.Position)), new XAttribute("dir", Text(look.Light.Direction)),
            new XAttribute("diffuse", Text(new(look.Light.Diffuse))), new XAttribute("specular", Text(new(look.Light.Specular))),
            new XAttribute("directional", look.Light.IsDirectional));
        if (look.FromCamera is not null)
            light.SetAttributeValue("mode", "trackcom");
        return light;
    }

    private static string Text(Vector3 vector) => string.Create(CultureInfo.InvariantCulture, $"{vector.X} {vector.Y} {vector.Z}");
}
