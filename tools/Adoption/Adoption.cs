using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What became of an adopted folder.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Graphs">Its graphs; empty where the bundle had them.</param>
/// <param name="Starts">Recorded starts that were added.</param>
/// <param name="Report">How it verified.</param>
/// <param name="Played">Episodes of its environment that its policy played; null: it has no policy, or the environment is not here.</param>
internal sealed record AdoptionReport(
    Manifest Manifest, IReadOnlyList<AdoptedGraph> Graphs, int Starts, VerificationReport Report, PlayedEpisodes? Played);

/// <summary>
/// Makes a bundle of a folder of ONNX files that another exporter wrote: their roles by name, what cannot be known as told, a reference
/// by running them. Files that are there stay as they are; a graph that lacks something is written anew beside its file.
/// </summary>
internal static class Adoption
{
    private const string ParityFile = "parity.npz", StartsFile = "starts.npz", CardFile = "README.md";
    private const int Games = 4;

    private static readonly Dictionary<string, string> GraphNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["act"] = "act", ["policy"] = "act", ["actor"] = "act", ["agent"] = "act", ["pi"] = "act", ["control"] = "control",
        ["observe"] = "observe", ["encoder"] = "observe", ["encode"] = "observe", ["posterior"] = "observe",
        ["imagine"] = "imagine", ["dynamics"] = "imagine", ["transition"] = "imagine", ["prior"] = "imagine", ["world"] = "imagine",
        ["decode"] = "decode", ["decoder"] = "decode", ["reward"] = "reward", ["continue"] = "continue", ["value"] = "value",
        ["critic"] = "value", ["dream"] = "dream",
    };

    /// <summary>Adopts a folder, or adds a reference to a bundle that has none; where that fails, the folder is as before.</summary>
    /// <exception cref="BundleException">Something is not known, or not possible; the message says what to give.</exception>
    public static AdoptionReport Run(AdoptionOptions options)
    {
        string folder = options.Folder;
        if (!Directory.Exists(folder))
            throw new BundleException($"There is no directory '{folder}': give the folder of the ONNX files.");
        List<string> written = [];
        byte[]? former = null;
        try
        {
            if (!Path.Exists(Path.Combine(folder, Manifest.FileName)))
                return Adopt(options, written);
            former = File.ReadAllBytes(Path.Combine(folder, Manifest.FileName));
            return AddReference(options, written);
        }
        catch
        {
            foreach (string file in written)
                File.Delete(Path.Combine(folder, file));
            if (former is not null)
                AtomicFile.Write(Path.Combine(folder, Manifest.FileName), stream => stream.Write(former));
            throw;
        }
    }

    private static AdoptionReport AddReference(AdoptionOptions options, List<string> written)
    {
        Manifest manifest = Manifest.Load(options.Folder);
        if (manifest.Parity is not null)
        {
            throw new BundleException($"'{options.Folder}' is a bundle with a reference already: there is nothing to adopt. "
                + $"Check it by: tools verify {options.Folder}");
        }
        string told = options.Environment is not null ? "--env" : options.Algorithm is not null ? "--algorithm"
            : options.ActionCount is not null ? "--action-count" : options.ActionBounds is not null ? "--action-low"
            : options.Graphs.Count > 0 ? "--graph" : "";
        if (told.Length > 0)
        {
            throw new BundleException($"'{options.Folder}' has a manifest, to which only a reference is added: {told} would change "
                + "nothing. To adopt its graphs anew, remove manifest.json first.");
        }
        return Finish(options, manifest, [], written);
    }

    private static AdoptionReport Adopt(AdoptionOptions options, List<string> written)
    {
        string name = options.Environment ?? throw new BundleException("Where the networks were trained is not known: give --env NAME, one "
            + $"of ours ({string.Join(", ", EnvironmentRegistry.All.Select(spec => spec.Name))}), or any other name.");
        string algorithm = options.Algorithm ?? throw new BundleException("How they were trained is not known: give --algorithm NAME.");
        EnvironmentSpec? environment = RegisteredEnvironments.Find(name, out _);
        ForeignGraph[] graphs = Read(options);
        TensorRoles roles = Roles(options, graphs);
        (ObservationSpec observation, ActionSpec action) = Spaces(options, environment, graphs, roles);
        bool observes = graphs.Any(graph => graph.Name == "observe");
        InitialState Initial(ForeignTensor state) => !observes && state.Type == TensorType.Float32 && graphs.Any(g => g.Name == "imagine")
            && state.Row.SequenceEqual(observation.Shape) ? InitialState.Starts : InitialState.Zeros;
        AdoptedGraph[] adopted = [.. graphs.Select(graph => AdoptedGraph.Of(graph, roles, options, action, Initial))];
        foreach (AdoptedGraph graph in adopted.Where(graph => graph.IsChanged))
        {
            Note(options.Folder, graph.File, written);
            ModelWriter.Write(Path.Combine(options.Folder, graph.File), graph.Model);
        }
        Manifest manifest = new()
        {
            Name = options.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Folder))),
            Algorithm = algorithm,
            Environment = environment?.Name ?? name,
            Opset = adopted.Max(graph => (int)graph.Model.Proto.OpsetImport.Where(import => import.Domain is "" or "ai.onnx")
                .Select(import => import.Version).DefaultIfEmpty(1).Max()),
            Observation = observation,
            Action = action,
            ActionRepeat = options.ActionRepeat == 1 ? null : options.ActionRepeat,
            Graphs = adopted.ToDictionary(graph => graph.Source.Name,
                graph => new GraphSpec { File = graph.File, Inputs = graph.Inputs, Outputs = graph.Outputs }),
        };
        return Finish(options, manifest, adopted, written);
    }

    /// <summary>Starts, card, reference, hashes; then verifies and plays.</summary>
    private static AdoptionReport Finish(AdoptionOptions options, Manifest manifest, AdoptedGraph[] adopted, List<string> written)
    {
        string folder = options.Folder;
        EnvironmentSpec? environment = RegisteredEnvironments.Find(manifest.Environment, out _);
        float[] starts = AdoptedStarts.Of(options, environment, manifest);
        bool addsStarts = starts.Length > 0 && !File.Exists(Path.Combine(folder, StartsFile));
        int count = starts.Length / manifest.Observation.Size;
        if (addsStarts)
        {
            Note(folder, StartsFile, written);
            Npz.Write(Path.Combine(folder, StartsFile), new Dictionary<string, NpyArray>
            {
                ["observation"] = NpyArray.Of(starts, [count, .. manifest.Observation.Shape]),
            });
        }
        if (!File.Exists(Path.Combine(folder, CardFile)))
        {
            Note(folder, CardFile, written);
            File.WriteAllText(Path.Combine(folder, CardFile), AdoptedCard.Write(manifest, adopted));
        }
        if (adopted.Length > 0)
            Note(folder, Manifest.FileName, written);
        (manifest with { Files = Manifest.HashFiles(folder) }).Save(folder);
        IReadOnlyDictionary<string, NpyArray> reference = BundleReference.Record(folder, starts);
        Note(folder, ParityFile, written);
        Npz.Write(Path.Combine(folder, ParityFile), reference);
        manifest = manifest with
        {
            Parity = new() { File = ParityFile, Horizon = BundleReference.Horizon },
            Files = Manifest.HashFiles(folder),
        };
        manifest.Save(folder);
        VerificationReport report = BundleVerifier.Verify(folder);
        if (!report.Passed)
        {
            throw new BundleException($"The graphs of '{folder}' do not give the same twice, nothing was kept: export them in evaluation "
                + $"mode, without dropout and with noise as an input.\n{report}");
        }
        bool plays = environment is not null && manifest.PolicyGraphs.Length > 0;
        PlayedEpisodes? played = plays ? PlayedEpisodes.Play(folder, new() { Episodes = Games, Greedy = true }) : null;
        return new(manifest, adopted, addsStarts ? count : 0, report, played);
    }

    /// <summary>Notes a file that is about to be written.</summary>
    private static void Note(string folder, string file, List<string> written)
    {
        if (Path.Exists(Path.Combine(folder, file)))
            throw new BundleException($"'{Path.Combine(folder, file)}' is in the way: adopting would write it. Remove it, or move it.");
        written.Add(file);
    }

    private static ForeignGraph[] Read(AdoptionOptions options)
    {
        string[] files = [.. Directory.EnumerateFiles(options.Folder, "*.onnx").Select(path => Path.GetFileName(path)!)
            .Where(file => !file.StartsWith('.')).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new BundleException($"There is no ONNX file in '{options.Folder}': give the folder that holds act.onnx, or others.");
        Dictionary<string, string> named = [];
        foreach ((string graph, string file) in options.Graphs)
        {
            if (!files.Contains(file))
            {
                throw new BundleException(
                    $"--graph {graph}={file}: there is no such file in '{options.Folder}', which has {string.Join(", ", files)}.");
            }

            named[file] = graph;
        }
        foreach (string file in files.Where(file => !named.ContainsKey(file)))
        {
            string stem = Path.GetFileNameWithoutExtension(file);
            named[file] = GraphNames.GetValueOrDefault(stem) ?? (files.Length == 1 ? "act" : throw new BundleException(
                $"'{file}': its name does not tell which graph it is: give --graph GRAPH={file}, or call it after one of "
                + $"{string.Join(", ", GraphNames.Keys)}."));
        }
        if (named.GroupBy(pair => pair.Value).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new BundleException(
                $"{string.Join(" and ", twice.Select(pair => $"'{pair.Key}'"))} are both taken for graph '{twice.Key}': "
                + $"say which is, by --graph {twice.Key}=FILE, and what the other is, or remove it.");
        }
        return [.. named.Select(pair => ForeignGraph.Read(options.Folder, pair.Key, pair.Value))];
    }

    private static TensorRoles Roles(AdoptionOptions options, ForeignGraph[] graphs)
    {
        HashSet<string> tensors = [.. graphs.SelectMany(graph => graph.Inputs.Concat(graph.Outputs)).Select(tensor => tensor.Name)];
        foreach (string unknown in options.Roles.Keys.Concat(options.Noise.Keys).Where(name => !tensors.Contains(name)))
            throw new BundleException($"There is no tensor '{unknown}' in the graphs; there are: {string.Join(", ", tensors)}.");
        // States are known by the graphs that step; others read them by their names.
        HashSet<string> states = [];
        TensorRoles roles = new(options, states);
        foreach (ForeignGraph graph in graphs.OrderBy(graph => graph.Name is "imagine" or "dream" ? 0 : 1))
        {
            string[] found = [.. graph.Inputs.Where(input => roles.Input(graph, input) == TensorRole.State).Select(input => input.Name)];
            states.UnionWith(found);
        }
        return roles;
    }

    private static (ObservationSpec Observation, ActionSpec Action) Spaces(
        AdoptionOptions options, EnvironmentSpec? environment, ForeignGraph[] graphs, TensorRoles roles)
    {
        ForeignTensor observation = graphs
            .SelectMany(graph => graph.Inputs.Where(input => roles.Input(graph, input) == TensorRole.Observation))
            .Concat(graphs.SelectMany(graph => graph.Outputs.Where(output => roles.Output(graph, output) == TensorRole.Observation)))
            // The state of a world without an encoder is an observation.
            .Concat(graphs.SelectMany(graph => graph.Inputs.Where(input => TensorRoles.Named(input.Name) == TensorRole.Observation)))
            .FirstOrDefault() ?? throw new BundleException($"No graph has an observation among {string.Join(", ", graphs.SelectMany(graph =>
                graph.Inputs.Select(input => input.Name)).Distinct())}: give --role NAME=observation.");
        bool isDiscrete = options.ActionCount is not null || environment is EnvironmentSpec<long>;
        (ForeignGraph Graph, ForeignTensor Tensor)[] chosen = [.. graphs.SelectMany(graph => graph.Outputs
            .Where(output => roles.Output(graph, output) == TensorRole.Action).Select(output => (graph, output)))];
        ForeignTensor? scores = graphs.Select(graph => AdoptedGraph.Scores(graph, roles, isDiscrete))
            .OfType<ForeignTensor>().FirstOrDefault();
        chosen = [.. chosen.Where(choice => choice.Tensor != scores)];
        ForeignTensor? action = chosen.Select(choice => choice.Tensor).FirstOrDefault() ?? (scores is not null ? null
            : graphs.SelectMany(graph => graph.Inputs.Where(input => roles.Input(graph, input) == TensorRole.Action)).FirstOrDefault());
        bool tanh = chosen.Length > 0 && AdoptedSpaces.EndsInTanh(chosen[0].Graph.Model.Proto.Graph, chosen[0].Tensor.Name);
        return (AdoptedSpaces.Observation(options, environment, observation.Row),
            AdoptedSpaces.Action(options, environment, action, scores?.Row[0], tanh));
    }
}
