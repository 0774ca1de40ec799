using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>
/// ONNX Runtime for browsers: two files of the npm package onnxruntime-web (MIT, Microsoft), which are fetched when they are first needed
/// and kept in the user's own data. They are no part of this project.
/// </summary>
internal static class OnnxRuntimeWeb
{
    /// <summary>The version that pages are tried with.</summary>
    public const string Version = "1.30.0";

    /// <summary>The JavaScript module as the package has it, the loader of the WebAssembly included.</summary>
    public const string Module = "ort.wasm.bundle.min.mjs";

    /// <summary>The WebAssembly, CPU alone.</summary>
    public const string Binary = "ort-wasm-simd-threaded.wasm";

    private const string Package = "onnxruntime-web";

    private static readonly string[] Files = [Module, Binary];

    /// <summary>A folder that has both files.</summary>
    /// <param name="given">Where the user has them: their folder, or that of the package. Null: they are fetched by npm, once.</param>
    /// <exception cref="UsageException">They are not in the given folder, or npm is missing or fails.</exception>
    public static string Find(string? given)
    {
        if (given is not null)
        {
            return ((string[])[given, Path.Combine(given, "dist")]).FirstOrDefault(IsComplete) ?? throw new UsageException(
                $"'{given}' has no {string.Join(" or no ", Files)}: give the folder of the npm package {Package} {Version} by --ort.");
        }
        const Environment.SpecialFolder Data = Environment.SpecialFolder.LocalApplicationData;
        string user = Environment.GetFolderPath(Data, Environment.SpecialFolderOption.DoNotVerify);
        string kept = Path.Combine(user.Length > 0 ? user : Path.GetTempPath(), "WorldModels", $"{Package}-{Version}");
        if (!IsComplete(kept))
            Fetch(kept);
        return kept;
    }

    private static bool IsComplete(string folder) => Files.All(file => File.Exists(Path.Combine(folder, file)));

    private static void Fetch(string folder)
    {
        Directory.CreateDirectory(folder);
        string temporary = Directory.CreateTempSubdirectory("worldmodels-npm-").FullName;
        try
        {
            Pack(temporary);
            using FileStream packed = File.OpenRead(Directory.GetFiles(temporary, "*.tgz").Single());
            using TarReader tar = new(new GZipStream(packed, CompressionMode.Decompress));
            while (tar.GetNextEntry() is { } entry)
            {
                if (Files.FirstOrDefault(file => entry.Name == $"package/dist/{file}") is { } wanted)
                    AtomicFile.Write(Path.Combine(folder, wanted), stream => entry.DataStream!.CopyTo(stream));
            }
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
        if (!IsComplete(folder))
            throw Failed($"the package {Package} {Version} does not have them");
    }

    private static void Pack(string folder)
    {
        // On Windows npm is a script, which is not found without its ending.
        ProcessStartInfo npm = new(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["pack", $"{Package}@{Version}", "--loglevel=error"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(npm)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            output.Wait();
            if (process.ExitCode != 0)
                throw Failed($"npm says: {error.Trim().Split('\n')[0]}");
        }
        catch (Win32Exception)
        {
            throw Failed("there is no npm on PATH");
        }
    }

    private static UsageException Failed(string why) => new(
        $"ONNX Runtime for browsers could not be fetched: {why}. Install npm and have a network, or give {string.Join(" and ", Files)} of "
        + $"the npm package {Package} {Version} by --ort FOLDER.");
}
