using System.Text.RegularExpressions;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>Where Minari keeps data sets on a machine, and how it names them.</summary>
public static partial class MinariRoot
{
    /// <summary>The variable of the environment that names another folder.</summary>
    public const string Variable = "MINARI_DATASETS_PATH";

    /// <summary>The folder of all data sets; nobody may have made it yet.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".minari", "datasets");

    /// <summary>Whether something is a name such as <c>D4RL/door/human-v2</c>.</summary>
    public static bool IsId(string name) => Id().IsMatch(name);

    /// <summary>The folder of a data set of that name; null: it is no such name, or there is none on this machine.</summary>
    public static string? Find(string id)
    {
        string folder = Path.Combine(Folder, id);
        return IsId(id) && Directory.Exists(Path.Combine(folder, MinariFormat.DataFolder)) ? folder : null;
    }

    [GeneratedRegex(@"\A(?:[-\w]+/)*[-\w]+-v\d+\z")]
    private static partial Regex Id();
}
