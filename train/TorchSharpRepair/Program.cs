// Writes repaired copies of TorchSharp 0.107.0's files, which the build puts in the place of the package's. They cure two faults:
//
// 1. TorchSharp.dll frees tensors and scalars that native calls are still working on (ArgumentLifetimes.cs). Upstream knows: pull requests
//    1434 and 1496 of dotnet/TorchSharp.
// 2. libLibTorchSharp.so does not load on a libstdc++ older than GCC 13's, as Debian 12 and Ubuntu 22.04 have it (StreamInitialisation.cs).
//
// Both check that they find what they know, and refuse any other version of TorchSharp by name. Once upstream has mended both, this
// project goes, and TorchSharpRepair.targets with it.

using WorldModels.TorchSharpRepair;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: TorchSharpRepair <output folder> <TorchSharp.dll> [libLibTorchSharp.so]");
    return 2;
}
try
{
    string folder = Directory.CreateDirectory(args[0]).FullName;
    foreach (string file in args[1..])
    {
        byte[] original = File.ReadAllBytes(file);
        byte[] repaired = Path.GetExtension(file) == ".dll" ? ArgumentLifetimes.Repair(original) : StreamInitialisation.Repair(original);
        string target = Path.Combine(folder, Path.GetFileName(file)), beside = $"{target}.{Environment.ProcessId}";
        File.WriteAllBytes(beside, repaired);
        File.Move(beside, target, overwrite: true); // Half a file would be taken for a whole one by the next build.
    }
    return 0;
}
catch (Exception e) when (e is RepairException or IOException or UnauthorizedAccessException or BadImageFormatException)
{
    Console.Error.WriteLine($"TorchSharpRepair : error WM0001: {e.Message}"); // The form in which MSBuild takes a line for an error.
    return 1;
}
