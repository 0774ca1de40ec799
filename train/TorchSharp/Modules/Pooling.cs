using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>The largest value in each window of (B, C, H, W).</summary>
    public sealed class MaxPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal MaxPool2d(long[] kernel_size, long[] stride, long[] padding, long[] dilation, bool ceil_mode) : base(nameof(MaxPool2d)) =>
            (this.kernel_size, this.stride, this.padding, this.dilation, this.ceil_mode) =
            (kernel_size, stride, padding, dilation, ceil_mode);

        public long[] kernel_size { get; set; }
        public long[] stride { get; set; }
        public long[] padding { get; set; }
        public long[] dilation { get; set; }
        public bool ceil_mode { get; set; }

        public override Tensor forward(Tensor input) => nn.functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) =>
            nn.functional.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode);
    }

    /// <summary>Modules in a list, registered by their position.</summary>
    public class ModuleList<T> : nn.Module, IList<T> where T : nn.Module
    {
        private readonly List<T> items = [];

        public ModuleList(params T[] modules) : base(nameof(ModuleList<>)) => extend(modules);

        public T this[int index] { get => items[index]; set => Change(() => items[index] = value); }

        public int Count => items.Count;
        public bool IsReadOnly => false;

        public void Add(T item) => Change(() => items.Add(item));
        public void append(params T[] parameters) => extend(parameters);
        public void extend(IEnumerable<T> modules) => Change(() => items.AddRange(modules));
        public void Insert(int index, T item) => Change(() => items.Insert(index, item));
        public void RemoveAt(int index) => Change(() => items.RemoveAt(index));
        public void Clear() => Change(items.Clear);
        public bool Contains(T item) => items.Contains(item);
        public int IndexOf(T item) => items.IndexOf(item);
        public void CopyTo(T[] array, int arrayIndex) => items.CopyTo(array, arrayIndex);
        public IEnumerator<T> GetEnumerator() => items.GetEnumerator();
        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public bool Remove(T item)
        {
            bool there = items.Contains(item);
            Change(() => items.Remove(item));
            return there;
        }

        // The names are positions, so a change renames what follows.
        private void Change(Action change)
        {
            change();
            ClearModules();
            for (int i = 0; i < items.Count; i++) register_module(i.ToString(), items[i]);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static MaxPool2d MaxPool2d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null,
                bool ceil_mode = false) =>
                MaxPool2d((kernel_size, kernel_size), Pair(stride), Pair(padding), Pair(dilation), ceil_mode);

            public static MaxPool2d MaxPool2d((long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null,
                (long, long)? dilation = null, bool ceil_mode = false) =>
                MaxPool2d(List(kernel_size), List(stride ?? kernel_size), List(padding ?? (0, 0)), List(dilation ?? (1, 1)), ceil_mode);

            public static MaxPool2d MaxPool2d(long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? dilation = null,
                bool ceil_mode = false) => new(kernel_size, stride ?? kernel_size, padding ?? [0, 0], dilation ?? [1, 1], ceil_mode);

            public static ModuleList<Module> ModuleList(params Module[] modules) => new(modules);
            public static ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);

            private static (long, long)? Pair(long? both) => both is { } n ? (n, n) : null;

            private static long[] List((long, long) pair) => [pair.Item1, pair.Item2];
        }
    }
}
