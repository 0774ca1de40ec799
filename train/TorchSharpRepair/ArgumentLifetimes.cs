using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace WorldModels.TorchSharpRepair;

/// <summary>
/// Keeps tensors and scalars alive while a native call works on them.
/// <para>
/// TorchSharp's methods take the raw pointer out of an object and hand it to libtorch. From then on nothing refers to the object, so that a
/// garbage collection on another thread may finalise it and free what libtorch reads: "Unknown scalar type", wrong numbers, or the end of
/// the process. Here every method that works on native memory gets <see cref="GC.KeepAlive"/> before each return, for <c>this</c>, for each
/// argument and local variable that is an object, and for each temporary object whose pointer it takes: methods that call libtorch, those
/// that read numbers where libtorch keeps them, and those that hand tensors on in a span, which cannot hold them itself.
/// </para><para>
/// One case is left to callers: a lazy sequence of new tensors (<c>stack(xs.Select(x => x + 1))</c>) is held, but not what it yields. Make
/// an array of it.
/// </para>
/// </summary>
public static class ArgumentLifetimes
{
    /// <summary>The version of TorchSharp that has the fault as it is known here.</summary>
    public const string KnownVersion = "0.107.0";

    /// <summary>Key of the assembly metadata that a repaired copy carries.</summary>
    public const string Mark = "WorldModels.Repaired";

    /// <summary>How many methods of that version work on native memory and hold an object meanwhile.</summary>
    public const int KnownMethods = 1118;

    /// <summary>A repaired copy of TorchSharp.dll.</summary>
    /// <exception cref="RepairException">It is another version, is repaired already, or differs from what is known of this one.</exception>
    public static byte[] Repair(byte[] assembly)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(assembly));
        if (module.Assembly.Name.Name != "TorchSharp" || Version(module) != KnownVersion)
            throw new RepairException($"Found {module.Assembly.Name.Name} {Version(module)}.");
        if (module.Assembly.CustomAttributes.Any(attribute => attribute.ConstructorArguments is [{ Value: Mark }, _]))
            throw new RepairException("This copy of TorchSharp.dll is repaired already.");

        TypeReference collector = new("System", nameof(GC), module, module.TypeSystem.CoreLibrary);
        MethodReference keepAlive = new(nameof(GC.KeepAlive), module.TypeSystem.Void, collector)
        {
            Parameters = { new(module.TypeSystem.Object) },
        };
        int methods = module.GetAllTypes().SelectMany(type => type.Methods)
            .Count(method => method.HasBody && IsNative(method.Body) && Extend(method.Body, keepAlive));
        if (methods != KnownMethods)
            throw new RepairException($"{methods} methods hold objects while native memory is in use, not {KnownMethods}.");
        AddMark(module);

        using MemoryStream repaired = new();
        module.Write(repaired);
        return repaired.ToArray();
    }

    private static string? Version(ModuleDefinition module) =>
        module.Assembly.CustomAttributes
            .FirstOrDefault(attribute => attribute.AttributeType.Name == "AssemblyInformationalVersionAttribute")?
            .ConstructorArguments[0].Value.ToString()!.Split('+')[0];

    private static bool IsNative(MethodBody body) => body.Instructions.Any(instruction => instruction.Operand switch
    {
        MethodReference called => called.DeclaringType.Name == "NativeMethods" || called.Parameters.Any(parameter => IsSpan(parameter.ParameterType)),
        FieldReference field => field.Name == "_tensor_data_ptr",
        _ => false,
    });

    private static bool IsSpan(TypeReference type) =>
        type is GenericInstanceType { ElementType.Name: "ReadOnlySpan`1" or "Span`1", GenericArguments: [{ Name: "Tensor" or "Scalar" }] };

    /// <summary>Makes a method keep its objects until it returns; false if it has none.</summary>
    private static bool Extend(MethodBody body, MethodReference keepAlive)
    {
        MethodDefinition method = body.Method;
        if (method.Name == "Finalize")
            return false; // Its object is dead by definition.
        body.SimplifyMacros(); // Jumps may become longer.
        List<VariableDefinition> locals = [.. body.Variables.Where(variable => IsObject(variable.VariableType)), .. NameTemporaries(body)];
        List<ParameterDefinition> arguments = [.. method.Parameters.Where(parameter => IsObject(parameter.ParameterType))];
        if (method.HasThis && !method.DeclaringType.IsValueType)
            arguments.Insert(0, body.ThisParameter);

        Instruction[] load =
        [
            .. arguments.Select(argument => Instruction.Create(OpCodes.Ldarg, argument)),
            .. locals.Select(local => Instruction.Create(OpCodes.Ldloc, local)),
        ];
        foreach (Instruction end in body.Instructions.Where(instruction => instruction.OpCode == OpCodes.Ret).ToArray())
            Before(body, end, load.SelectMany(object_ => (Instruction[])[Copy(object_), Instruction.Create(OpCodes.Call, keepAlive)]));
        body.InitLocals = true;
        body.OptimizeMacros();
        return load.Length > 0;
    }

    /// <summary>Gives each object whose pointer is taken as soon as it is made a variable that holds it.</summary>
    private static List<VariableDefinition> NameTemporaries(MethodBody body)
    {
        List<VariableDefinition> variables = [];
        foreach (Instruction taken in body.Instructions.Where(IsTemporarysHandle).ToArray())
        {
            VariableDefinition variable = new(((MethodReference)taken.Operand).DeclaringType);
            body.Variables.Add(variable);
            variables.Add(variable);
            Before(body, taken, [Instruction.Create(OpCodes.Dup), Instruction.Create(OpCodes.Stloc, variable)]);
        }
        return variables;
    }

    private static bool IsTemporarysHandle(Instruction instruction) =>
        instruction.Operand is MethodReference { Name: "get_Handle" or "get_handle" } && instruction.OpCode.FlowControl == FlowControl.Call
        && instruction.Previous.OpCode.Code is not (Code.Ldarg or Code.Ldloc);

    /// <summary>Inserts instructions before one, such that jumps to it come to them first: it becomes the first of them.</summary>
    private static void Before(MethodBody body, Instruction place, IEnumerable<Instruction> instructions)
    {
        Instruction[] sequence = [.. instructions, Copy(place)];
        (place.OpCode, place.Operand) = (sequence[0].OpCode, sequence[0].Operand);
        ILProcessor writer = body.GetILProcessor();
        Instruction last = place;
        foreach (Instruction next in sequence[1..])
        {
            writer.InsertAfter(last, next);
            last = next;
        }
    }

    private static Instruction Copy(Instruction instruction)
    {
        Instruction copy = Instruction.Create(OpCodes.Nop);
        (copy.OpCode, copy.Operand) = (instruction.OpCode, instruction.Operand);
        return copy;
    }

    /// <summary>Whether a value can own something native: a reference to an object, and no text.</summary>
    private static bool IsObject(TypeReference type) =>
        !type.IsValueType && !type.IsByReference && !type.IsPointer && !type.IsPinned && !type.IsGenericParameter
        && type.MetadataType != MetadataType.String;

    private static void AddMark(ModuleDefinition module)
    {
        TypeReference type = new("System.Reflection", "AssemblyMetadataAttribute", module, module.TypeSystem.CoreLibrary);
        MethodReference constructor = new(".ctor", module.TypeSystem.Void, type)
        {
            HasThis = true,
            Parameters = { new(module.TypeSystem.String), new(module.TypeSystem.String) },
        };
        module.Assembly.CustomAttributes.Add(new(constructor)
        {
            ConstructorArguments =
            {
                new(module.TypeSystem.String, Mark), new(module.TypeSystem.String, "arguments live until the native call returns"),
            },
        });
    }
}
