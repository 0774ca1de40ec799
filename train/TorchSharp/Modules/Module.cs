using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Something with parameters, buffers and submodules; the fields of a derived class are registered by name.</summary>
        public abstract class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Parameter> parameterTable = [];
            private readonly OrderedDictionary<string, (Tensor Tensor, bool Persistent)> bufferTable = [];
            private readonly OrderedDictionary<string, Module> moduleTable = [];
            private readonly string name;
            private bool disposed;

            private const BindingFlags Own =
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

            protected Module(string name) => this.name = name;

            public bool training { get; private set; } = true;

            public virtual string GetName() => name;

            /// <summary>Registers the fields of the derived class: call it at the end of the constructor.</summary>
            protected virtual void RegisterComponents()
            {
                for (var type = GetType(); type is not null && type.Assembly != typeof(Module).Assembly; type = type.BaseType)
                    foreach (var field in type.GetFields(Own))
                    {
                        string key = field.Name;
                        if (parameterTable.ContainsKey(key) || bufferTable.ContainsKey(key) || moduleTable.ContainsKey(key)) continue;
                        switch (field.GetValue(this))
                        {
                            case Module module: register_module(key, module); break;
                            case Parameter parameter: register_parameter(key, parameter); break;
                            case Tensor tensor: register_buffer(key, tensor); break;
                        }
                    }
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                if (!parameterTable.TryAdd(name, param ?? throw new ArgumentNullException(nameof(param))))
                    throw new InvalidOperationException($"Parameter '{name}' is registered already.");
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (!bufferTable.TryAdd(name, (tensor ?? throw new ArgumentNullException(nameof(tensor)), persistent)))
                    throw new InvalidOperationException($"Buffer '{name}' is registered already.");
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (string.IsNullOrEmpty(name) || name.Contains('.'))
                    throw new ArgumentException($"'{name}' cannot name a submodule: it must not be empty or have a dot.", nameof(name));
                submodule.RegisterComponents();
                if (!moduleTable.TryAdd(name, submodule)) throw new InvalidOperationException($"Submodule '{name}' is registered already.");
            }

            public void add_module(string name, Module module) => register_module(name, module);

            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) parameterTable.Remove(name);
                else parameterTable[name] = value;
            }

            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) bufferTable.Remove(name);
                else bufferTable[name] = (value, persistent);
            }

            private protected Parameter? Registered(string name) => parameterTable.GetValueOrDefault(name);

            protected void ClearModules() => moduleTable.Clear();

            public virtual IEnumerable<(string name, Module module)> named_children() => moduleTable.Select(c => (c.Key, c.Value));

            public virtual IEnumerable<Module> children() => named_children().Select(c => c.module);

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var (child, module) in named_children())
                {
                    yield return (child, module);
                    foreach (var (inner, grandchild) in module.named_modules()) yield return ($"{child}.{inner}", grandchild);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                Named(recurse, m => m.parameterTable.Select(p => (p.Key, p.Value)))
                    .DistinctBy(p => p.Item2, ReferenceEqualityComparer.Instance);

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true,
                bool include_nonpersistent = true) =>
                Named(recurse, m => m.bufferTable.Where(b => include_nonpersistent || b.Value.Persistent).Select(b =>
                    (b.Key, b.Value.Tensor)));

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            private IEnumerable<(string, T)> Named<T>(bool recurse, Func<Module, IEnumerable<(string, T)>> own) => recurse
                ? own(this).Concat(named_children().SelectMany(c =>
                    c.module.Named(true, own).Select(p => ($"{c.name}.{p.Item1}", p.Item2))))
                : own(this);

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;
            public virtual Parameter? get_parameter(string target) => named_parameters().FirstOrDefault(p => p.name == target).parameter;
            public virtual Tensor? get_buffer(string target) => named_buffers().FirstOrDefault(b => b.name == target).buffer;

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var child in children()) child.apply(fn);
                fn(this);
                return this;
            }

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var child in children()) child.train(train);
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                    if (set_to_none) parameter.grad = null;
                    else
                    {
                        using var grad = parameter.grad;
                        grad?.zero_();
                    }
            }

            /// <summary>The parameters and persistent buffers by their dotted names: not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                string start = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach (var (key, parameter) in named_parameters()) destination.TryAdd(start + key, parameter);
                foreach (var (key, buffer) in named_buffers(include_nonpersistent: false)) destination.TryAdd(start + key, buffer);
                return destination;
            }

            /// <summary>Copies values into the parameters and buffers of the same names.</summary>
            /// <exception cref="InvalidOperationException">The names differ and <paramref name="strict"/> is set.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var target = state_dict();
                var left = skip ?? [];
                string[] missing = [.. target.Keys.Except(source.Keys).Except(left)];
                string[] unexpected = [.. source.Keys.Except(target.Keys).Except(left)];
                if (strict && missing.Length + unexpected.Length > 0)
                    throw new InvalidOperationException("The state has other names than the module. " +
                        $"Missing: {Listed(missing)}. Not expected: {Listed(unexpected)}.");
                using var _ = no_grad();
                foreach (var (key, value) in source)
                    if (!left.Contains(key) && target.TryGetValue(key, out var tensor)) tensor.copy_(value);
                return (missing, unexpected);

                static string Listed(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);
            }

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking) => Moved(device, dtype, non_blocking);

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                Moved(new Device(deviceType, deviceIndex), null, non_blocking);

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking) => Moved(null, dtype, non_blocking);

            // Parameters keep their identity and change what they hold, so that an optimiser made before goes on working.
            private Module Moved(Device? device, ScalarType? dtype, bool non_blocking)
            {
                if (dtype is { } wanted && !is_floating_point(wanted) && !is_complex(wanted))
                    throw new ArgumentException($"A module's parameters can be floating-point numbers only, not {wanted}.", nameof(dtype));
                using var _ = no_grad();
                using var scope = NewDisposeScope();
                foreach (var tensor in parameters().Concat(buffers()))
                {
                    bool learns = tensor.requires_grad;
                    var type = dtype is { } floats && tensor.is_floating_point() ? floats : tensor.dtype;
                    var grad = tensor.grad?.to(type, device ?? tensor.device, non_blocking: non_blocking);
                    tensor.Become(tensor.to(type, device ?? tensor.device, non_blocking: non_blocking).detach());
                    tensor.requires_grad = learns;
                    tensor.grad = grad;
                }
                return this;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || disposed) return;
                disposed = true;
                foreach (var child in children()) child.Dispose();
                foreach (var parameter in parameterTable.Values) parameter.Dispose();
                foreach (var buffer in bufferTable.Values) buffer.Tensor.Dispose();
            }
        }

        /// <summary>A module that maps one input.</summary>
        public abstract class Module<T, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T input);
            public TResult call(T input) => forward(input);
        }

        public abstract class Module<T1, T2, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2);
            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }

        public abstract class Module<T1, T2, T3, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2, T3 input3);
            public TResult call(T1 input1, T2 input2, T3 input3) => forward(input1, input2, input3);
        }

        public abstract class Module<T1, T2, T3, T4, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4);
            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4) => forward(input1, input2, input3, input4);
        }
    }
}

public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module =>
        (T)module._to(type, non_blocking);

    public static T to<T>(this T module, torch.Device device, torch.ScalarType type, bool non_blocking = false) where T : torch.nn.Module =>
        (T)module._to(device, type, non_blocking);

    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1,
        bool non_blocking = false) where T : torch.nn.Module =>
        (T)module._to(deviceType, deviceIndex, non_blocking);

    public static T to<T>(this T module, torch.Device device, bool non_blocking = false) where T : torch.nn.Module =>
        (T)module._to(device.type, device.index, non_blocking);

    public static T to<T>(this T module, string device, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(new torch.Device(device), non_blocking);

    public static T cpu<T>(this T module, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(DeviceType.CPU, -1, non_blocking);

    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(DeviceType.CUDA, deviceIndex, non_blocking);

    public static T half<T>(this T module, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(torch.ScalarType.Float16, non_blocking);
    public static T @float<T>(this T module, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(torch.ScalarType.Float32, non_blocking);
    public static T @double<T>(this T module, bool non_blocking = false) where T : torch.nn.Module =>
        module.to(torch.ScalarType.Float64, non_blocking);
}
