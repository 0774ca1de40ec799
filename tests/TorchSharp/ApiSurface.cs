using System.Reflection;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Writes the public and protected members of an assembly one a line: <c>Type::member(type name=default) -> result</c>.</summary>
internal static class ApiSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Members).Distinct();

    private static IEnumerable<string> Members(Type type)
    {
        string name = Name(type);
        foreach (var constructor in type.GetConstructors(Declared))
            if (Visible(constructor) && !constructor.IsStatic) yield return $"{name}::.ctor({Parameters(constructor)}) -> ctor";
        foreach (var method in type.GetMethods(Declared))
            if (Visible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
                && method.Name != "Finalize" && !Generated(method) && !Overrides(method))
                yield return $"{name}::{method.Name}({Parameters(method)}) -> {Name(method.ReturnType)}";
        foreach (var property in type.GetProperties(Declared))
            if (property.GetMethod is { } get && Visible(get))
            {
                string indices = string.Join(", ", property.GetIndexParameters().Select(p => Name(p.ParameterType)));
                string set = property.SetMethod is { } setter && Visible(setter) ? "/set" : "";
                yield return $"{name}::{property.Name}[{indices}] prop {Name(property.PropertyType)} get{set}";
            }
        foreach (var field in type.GetFields(Declared))
            if (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly)
                yield return $"{name}::{field.Name} field {Name(field.FieldType)}";
    }

    // Explicit interface implementations and the compiler's own methods are nobody's to call.
    private static bool Generated(MethodInfo method) => method.Name.Contains('.') || method.Name.Contains('<');

    // An override is its base's member.
    private static bool Overrides(MethodInfo method) => method.GetBaseDefinition() is var origin && origin != method
        && origin.DeclaringType!.Assembly == method.DeclaringType!.Assembly;

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.ParameterType.IsByRef ? "ref " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? "=" + Default(p) : "")}"));

    private static string Default(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var value = parameter.DefaultValue;
        return value is null ? "null" : type.IsEnum ? Enum.GetName(type, value) ?? $"{value}"
            : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }

    private static string Name(Type type)
    {
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return Name(inner) + "?";
        if (type.IsGenericParameter) return type.Name;
        string path = type.Name.Split('`')[0];
        for (var outer = type.DeclaringType; outer is not null; outer = outer.DeclaringType) path = $"{outer.Name.Split('`')[0]}.{path}";
        return type.IsGenericType ? $"{path}<{string.Join(",", type.GetGenericArguments().Select(Name))}>" : path;
    }
}
