using WorldModels.Bundles;

namespace WorldModels.Onnx;

/// <summary>Changes of a bundle's directory that are seen whole or not at all.</summary>
public static class BundleFolder
{
    /// <summary>
    /// Fills a new directory beside <paramref name="directory"/> and puts it in its place. If <paramref name="fill"/> throws, or the
    /// process is killed meanwhile, what was there stays; a kill in the moment of the change leaves it under its name with ".PID.old".
    /// </summary>
    public static void Replace(string directory, Action<string> fill)
    {
        directory = BundleFiles.RealDirectory(directory); // A link to a directory stays a link.
        string temporary = $"{directory}.{Environment.ProcessId}.tmp", former = $"{directory}.{Environment.ProcessId}.old";
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            if (Directory.Exists(directory))
                Directory.Move(directory, former);
            try
            {
                Directory.Move(temporary, directory);
            }
            catch (IOException) when (Directory.Exists(former))
            {
                Directory.Move(former, directory);
                throw;
            }
            Discard(former);
        }
        finally
        {
            Discard(temporary);
        }
    }

    /// <summary>Copies a directory with all its files but hidden ones; links become the files that they lead to.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in BundleFiles.Below(from))
        {
            string target = Path.Combine(to, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(from, file), target, overwrite: true);
        }
    }

    private static void Discard(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }
}
