using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace WorldModels.MLNet.Internals;

/// <summary>
/// How transforms of ours get into ML.NET's model files. ML.NET has no public way to it for transforms that are not its own, so that this
/// file, and no other, calls members of Microsoft.ML.Core that are not public; tests save and load with the version that is pinned.
/// </summary>
internal static class ModelFile
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
    private const string Files = "Bundle.zip";
    private const uint Version = 0x00010001;

    private static readonly Assembly Core = typeof(ModelSaveContext).Assembly;

    /// <summary>What a model file has of a transform, as JSON.</summary>
    private sealed record Entry<T>(string Bundle, string Sha256, bool Packed, T Transform);

    /// <summary>Writes a transformer.</summary>
    public static void Save(ModelSaveContext context, BundleTransformer transformer)
    {
        Call(context, "SetVersionInfo", VersionInfo(transformer.GetType()));
        BundleSource source = transformer.Source;
        Entry<object> entry = new(source.Path, source.Sha256, source.IsPacked, transformer.Saved);
        Call(context, "SaveString", JsonSerializer.Serialize(entry));
        if (source.IsPacked)
            Call(context, "SaveBinaryStream", Files, (Action<BinaryWriter>)(writer => source.Pack(writer.BaseStream)));
    }

    /// <summary>Reads what was written of a transformer.</summary>
    /// <param name="context">ML.NET's ModelLoadContext.</param>
    /// <param name="verifies">Whether the bundle's hashes are compared.</param>
    public static (BundleSource Source, T Saved) Load<T>(IDisposable context, Func<T, bool> verifies)
    {
        string json = (string)Call(context, "LoadString")!;
        Entry<T> entry = JsonSerializer.Deserialize<Entry<T>>(json) ?? throw new InvalidDataException("The transform is empty.");
        bool verify = verifies(entry.Transform);
        if (!entry.Packed)
            return (BundleSource.Named(entry.Bundle, entry.Sha256, verify), entry.Transform);
        BundleSource? source = null;
        Call(context, "TryLoadBinaryStream", Files,
            (Action<BinaryReader>)(reader => source = BundleSource.Unpack(entry.Bundle, entry.Sha256, verify, reader.BaseStream)));
        return (source ?? throw new InvalidDataException($"The model file lacks {Files}."), entry.Transform);
    }

    /// <summary>Makes our transforms known to a catalog.</summary>
    public static void Register(ComponentCatalog catalog) => catalog.RegisterAssembly(new LoadableAssembly());

    /// <summary>A schema as ML.NET knows it while a pipeline is put together.</summary>
    public static SchemaShape ShapeOf(DataViewSchema schema) =>
        (SchemaShape)Member(typeof(SchemaShape).GetMethod("Create", All, [typeof(DataViewSchema)]), "SchemaShape.Create")
            .Invoke(null, [schema])!;

    private static string SignatureOf(Type transformer) =>
        transformer == typeof(ControllerTransformer) ? ControllerTransformer.Signature : DreamTransformer.Signature;

    /// <summary>Eight letters, versions, and how the loader is found.</summary>
    private static object VersionInfo(Type transformer)
    {
        string letters = transformer == typeof(ControllerTransformer) ? "WMCONTRL" : "WMDREAMS";
        return New("Microsoft.ML.VersionInfo", letters, Version, Version, Version, typeof(ModelFile).Assembly.FullName!,
            SignatureOf(transformer), null);
    }

    private static object New(string type, params object?[] arguments) =>
        Activator.CreateInstance(TypeOf(type), All & ~BindingFlags.Static, null, arguments, null)!;

    private static Type TypeOf(string name) => Member(Core.GetType(name), name);

    private static object? Call(object target, string name, params object[] arguments)
    {
        Type[] types = [.. arguments.Select(argument => argument.GetType())];
        MethodInfo method = Member(target.GetType().GetMethod(name, All, types), $"{target.GetType().Name}.{name}");
        return method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    private static T Member<T>(T? member, string name) where T : class => member ?? throw new NotSupportedException(
        $"Microsoft.ML {Core.GetName().Version} has no {name}: bundles in pipelines are saved and loaded by Microsoft.ML 5.0.1. "
        + "Use that one.");

    /// <summary>
    /// Stands for this assembly in ML.NET's catalog, with attributes that say how to load our transforms: their type is not public, so that
    /// C# cannot write them.
    /// </summary>
    private sealed class LoadableAssembly : Assembly
    {
        public override string FullName => typeof(LoadableAssembly).FullName!;

        public override object[] GetCustomAttributes(Type attributeType, bool inherit)
        {
            bool asked = attributeType == TypeOf("Microsoft.ML.LoadableClassAttributeBase");
            object[] attributes = asked ? [Attribute(typeof(ControllerTransformer)), Attribute(typeof(DreamTransformer))] : [];
            Array typed = Array.CreateInstance(attributeType, attributes.Length);
            attributes.CopyTo(typed, 0);
            return (object[])typed;
        }

        public override AssemblyName[] GetReferencedAssemblies() => [];

        public override Type[] GetTypes() => [];

        private static object Attribute(Type transformer) => New("Microsoft.ML.LoadableClassAttribute", transformer, null,
            TypeOf("Microsoft.ML.SignatureLoadModel"), transformer.Name, new[] { SignatureOf(transformer) });
    }
}
