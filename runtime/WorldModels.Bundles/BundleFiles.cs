namespace WorldModels.Bundles;

/// <summary>
/// The files of a bundle on disk. The paths in a manifest stay in its directory; a link on such a path may lead anywhere, as in
/// content-addressed stores, if a plain file is at its end: what counts is the content, which the manifest's hash vouches for.
/// </summary>
internal static class BundleFiles
{
    private static readonly string[] DataExtensions = [".onnx", ".safetensors", ".npz"];

    private static readonly string[] Foreign =
        ["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"];

    /// <summary>
    /// Whether a path is no part of any bundle: hidden files, and what file managers and network drives leave behind of their own accord.
    /// </summary>
    public static bool IsForeign(string path) =>
        path.Split('/').Any(part => part.StartsWith('.') || Foreign.Contains(part.ToLowerInvariant()));

    /// <summary>Every file below a directory that may be part of a bundle, relative to it, with '/'.</summary>
    public static IEnumerable<string> Below(string directory) => Below(new DirectoryInfo(directory), "", []);

    /// <summary>The directory itself where a path is a link to one.</summary>
    public static string RealDirectory(string directory)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        DirectoryInfo folder = new(path);
        return folder.LinkTarget is null ? path : folder.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    /// <summary>Whether a file of a directory is a link to somewhere outside of it: then it belongs to a store that others share.</summary>
    public static bool IsShared(string directory, string file)
    {
        string? target = Target(Path.Combine(directory, file))?.FullName;
        return target is not null && !target.StartsWith(RealDirectory(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>Files that are missing, changed, no files, outside the directory, or there without being listed.</summary>
    public static List<string> Problems(Manifest manifest, string directory, bool verifyHashes)
    {
        List<FileFault> faults = [];
        HashSet<string> known = [.. manifest.Files.Keys];
        foreach ((string file, string expected) in manifest.Files.Where(f => !IsForeign(f.Key) || !IsPlain(f.Key)))
        {
            if (!IsPlain(file))
            {
                faults.Add(FileFault.Outside(file));
                continue;
            }
            string path = Path.Combine(directory, file);
            if (Fault(path, file, expected, verifyHashes) is { } fault)
                faults.Add(fault);
            else if (Target(path) is { } target)
                known.Add(Path.GetRelativePath(RealDirectory(directory), target.FullName).Replace('\\', '/'));
        }
        List<string> problems = FileFault.Lines(faults);
        if (problems.Count == 0)
            ExternalData(manifest, directory, problems);
        return [.. problems, .. FileFault.Lines(
            [.. Below(directory).Where(IsData).Where(f => !known.Contains(f)).Order(StringComparer.Ordinal).Select(FileFault.Unlisted)])];
    }

    /// <summary>What is wrong with one file; null if nothing is.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="name">Its name, for people.</param>
    /// <param name="expected">Its SHA-256.</param>
    /// <param name="read">Whether it is read and its hash compared.</param>
    public static FileFault? Fault(string path, string name, string expected, bool read)
    {
        if (Directory.Exists(path))
            return FileFault.Folder(name);
        FileInfo file = new(path);
        if (file.LinkTarget is { } link)
        {
            if (Target(path) is not { Exists: true } target)
                return FileFault.LeadsNowhere(name, link);
            file = target;
        }

        if (!file.Exists)
            return FileFault.Missing(name);
        // What has no length is a device or a pipe, whose reading may never end, or an empty file.
        if (file.Length == 0)
            return IsHash(expected, Manifest.Hash([])) ? null : FileFault.Empty(name);
        return read && Manifest.Hash(path) is var found && !IsHash(found, expected) ? FileFault.Of(path, name, expected, found) : null;
    }

    private static bool IsHash(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static bool IsData(string file) => DataExtensions.Contains(Path.GetExtension(file).ToLowerInvariant());

    private static bool IsPlain(string file) => file.Length > 0 && !Path.IsPathRooted(file) && !file.Contains('\\') && !file.Contains(':')
        && file.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>The file at the end of a link, which need not exist; null where there is no link, or it leads to itself.</summary>
    private static FileInfo? Target(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Follows links to directories as well, each directory once: links may form a circle.</summary>
    private static IEnumerable<string> Below(DirectoryInfo folder, string prefix, HashSet<string> visited)
    {
        if (!visited.Add(RealDirectory(folder.FullName)))
            yield break;
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (IsForeign(entry.Name))
                continue;
            if (!Directory.Exists(entry.FullName))
            {
                yield return prefix + entry.Name;
                continue;
            }
            foreach (string file in Below(new DirectoryInfo(entry.FullName), $"{prefix}{entry.Name}/", visited))
                yield return file;
        }
    }

    /// <summary>Weights outside a graph's file are files of the bundle as well: listed, hashed, inside.</summary>
    private static void ExternalData(Manifest manifest, string directory, List<string> problems)
    {
        List<VariantSpec> variants = manifest.Variants?.Values.ToList() ?? [];
        foreach (string graph in manifest.Graphs.Values.Concat(variants.SelectMany(v => v.Graphs.Values)).Select(g => g.File)
            .Concat(variants.SelectMany(v => v.Unrolled?.Values ?? []).Select(u => u.File)).Distinct())
        {
            string folder = graph[..(graph.LastIndexOf('/') + 1)];
            foreach (string location in OnnxExternalData.Locations(Path.Combine(directory, graph)))
            {
                if (!manifest.Files.ContainsKey(folder + location) || IsForeign(folder + location))
                    problems.Add($"{graph} keeps weights in '{location}', which is not listed in files: export the bundle again");
            }
        }
    }
}
