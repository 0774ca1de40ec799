using WorldModels.Environments;

namespace WorldModels.Measure;

/// <summary>Environments that bundles name.</summary>
internal static class RegisteredEnvironments
{
    /// <summary>Looks a name up; null where there is none, and then why, in a sentence for people.</summary>
    public static EnvironmentSpec? Find(string name, out string? problem)
    {
        try
        {
            problem = null;
            return EnvironmentRegistry.Find(name);
        }
        catch (ArgumentException e)
        {
            problem = e.Message;
            return null;
        }
    }
}
