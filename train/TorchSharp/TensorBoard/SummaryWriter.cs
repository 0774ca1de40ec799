using System.Globalization;
using Google.Protobuf;
using TorchSharp.TensorBoard;
using TorchSharp.Utils.tensorboard.Enums;

namespace TorchSharp
{
    public static partial class torch
    {
        public static class utils
        {
            public static class tensorboard
            {
                /// <summary>Opens a folder for TensorBoard; without one, a new folder below runs/.</summary>
                public static Modules.SummaryWriter SummaryWriter(string? log_dir = null, string? filename_suffix = null,
                    bool createRunName = false)
                {
                    if (string.IsNullOrEmpty(log_dir)) (log_dir, createRunName) = ("runs", true);
                    string run = $"{DateTime.Now.ToString("MMMd_H-mm-ss", CultureInfo.InvariantCulture)}_{Environment.MachineName}";
                    return new(createRunName ? Path.Combine(log_dir, run) : log_dir, filename_suffix ?? "");
                }
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Writes scalars, texts, images and histograms for TensorBoard; each is on disk when the call returns.</summary>
    public class SummaryWriter
    {
        private readonly Dictionary<string, EventFile> files = [];
        private readonly string suffix;

        internal SummaryWriter(string folder, string suffix)
        {
            (LogDir, this.suffix) = (folder, suffix);
            File("");
        }

        public string LogDir { get; }

        public void add_scalar(string tag, float scalar_value, int global_step, long? walltime = null) =>
            Add(new() { Tag = tag, SimpleValue = scalar_value }, global_step, walltime);

        /// <summary>Several curves in one chart: each goes to a folder of its own below the log folder.</summary>
        public void add_scalars(string main_tag, IDictionary<string, float> tag_scalar_dict, int global_step, long? walltime = null)
        {
            foreach (var (tag, value) in tag_scalar_dict)
                Add(new() { Tag = main_tag, SimpleValue = value }, global_step, walltime, $"{main_tag.Replace('/', '_')}_{tag}");
        }

        public void add_scalars(string main_tag, IList<(string, float)> tag_scalar_dict, int global_step, long? walltime = null) =>
            add_scalars(main_tag, tag_scalar_dict.ToDictionary(t => t.Item1, t => t.Item2), global_step, walltime);

        public void add_text(string tag, string text_string, int global_step, long? walltime = null)
        {
            var shape = new Tensor.Types.Shape { Dim = { new Tensor.Types.Shape.Types.Dim { Size = 1 } } };
            Add(new()
            {
                Tag = tag + "/text_summary",
                Metadata = new() { PluginData = new() { PluginName = "text" } },
                Tensor = new() { Dtype = 7, TensorShape = shape, StringVal = { ByteString.CopyFromUtf8(text_string) } },
            }, global_step, walltime);
        }

        /// <summary>A picture: bytes, or numbers from 0 to 1; a batch (N in the format) is laid out as a grid.</summary>
        public void add_img(string tag, torch.Tensor img_tensor, int global_step, long? walltime = null, string dataformats = "CHW")
        {
            using var scope = torch.NewDisposeScope();
            var pixels = Pixels(img_tensor, dataformats.ToUpperInvariant());             // (H, W, C)
            int height = (int)pixels.size(0), width = (int)pixels.size(1), channels = (int)pixels.size(2);
            var png = Png.Encode(pixels.data<byte>().ToArray(), height, width, channels);
            AddPicture(tag, png, height, width, channels, global_step, walltime);
        }

        /// <summary>A picture from a PNG file.</summary>
        public void add_img(string tag, string file_name, int global_step, long? walltime = null)
        {
            byte[] png = System.IO.File.ReadAllBytes(file_name);
            if (png.Length < 26 || !png.AsSpan(1, 3).SequenceEqual("PNG"u8))
                throw new ArgumentException($"'{file_name}' is not a PNG file.", nameof(file_name));
            int Number(int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            AddPicture(tag, png, Number(20), Number(16), png[25] switch { 2 => 3, 6 => 4, _ => 1 }, global_step, walltime);
        }

        /// <summary>How the elements are distributed, in buckets whose limits grow by a tenth on both sides of zero.</summary>
        public void add_histogram(string tag, torch.Tensor values, int global_step,
            HistogramBinSelector bins = HistogramBinSelector.Tensorflow, long? walltime = null, long? max_bins = null)
        {
            if (bins != HistogramBinSelector.Tensorflow || max_bins is not null)
                throw new NotSupportedException("Histograms are made in TensorFlow's buckets only.");
            using var scope = torch.NewDisposeScope();
            double[] numbers = [.. values.detach().to(torch.ScalarType.Float64, torch.CPU).data<double>().ToArray().Where(double.IsFinite)];
            if (numbers.Length == 0)
                throw new ArgumentException($"The values for histogram '{tag}' have no finite number.", nameof(values));
            var histogram = new Histogram
            {
                Min = numbers.Min(), Max = numbers.Max(), Num = numbers.Length, Sum = numbers.Sum(), SumSquares = numbers.Sum(v => v * v),
            };
            int last = int.MinValue;
            foreach (var (bucket, count) in numbers.CountBy(Bucket).OrderBy(b => b.Key))
            {
                if (last != bucket - 1) Append(bucket - 1, 0);           // a limit closes what comes before: show the gap
                Append(bucket, count);
                last = bucket;
            }
            Add(new() { Tag = tag, Histo = histogram }, global_step, walltime);

            void Append(int bucket, int count)
            {
                histogram.BucketLimit.Add(Limit(bucket));
                histogram.Bucket.Add(count);
            }
        }

        // Bucket 0 holds what is nearly zero; bucket n reaches up to Least * Growth^n, and mirrored below.
        private const double Least = 1e-12, Growth = 1.1;

        private static int Bucket(double value)
        {
            double size = Math.Abs(value);
            if (size < Least) return 0;
            double power = Math.Log(size / Least) / Math.Log(Growth);
            return value > 0 ? (int)Math.Floor(power) + 1 : -(int)Math.Ceiling(power);
        }

        private static double Limit(int bucket) => bucket >= 0 ? Least * Math.Pow(Growth, bucket) : -Least * Math.Pow(Growth, -bucket - 1);

        private static torch.Tensor Pixels(torch.Tensor image, string format)
        {
            var x = image.detach().cpu();
            if (x.dim() != format.Length)
                throw new ArgumentException($"The image has {x.dim()} dimensions, but the format is \"{format}\".");
            if (!format.Contains('C')) (x, format) = (x.unsqueeze(-1), format + "C");
            if (format.Contains('N'))
            {
                x = x.permute("NHWC".Select(c => (long)format.IndexOf(c)).ToArray());
                long n = x.size(0), columns = (long)Math.Ceiling(Math.Sqrt(n)), rows = (n + columns - 1) / columns;
                x = torch.cat([x, torch.zeros_like(x)])[..(int)(rows * columns)];
                x = x.reshape(rows, columns, x.size(1), x.size(2), x.size(3)).permute(0, 2, 1, 3, 4); // (rows, H, columns, W, C)
                x = x.reshape(rows * x.size(1), columns * x.size(3), x.size(4));
            }
            else x = x.permute("HWC".Select(c => (long)format.IndexOf(c)).ToArray());
            return (x.dtype == torch.ScalarType.Byte ? x : (x * 255).clamp(0, 255).to(torch.ScalarType.Byte)).contiguous();
        }

        private void AddPicture(string tag, byte[] png, int height, int width, int channels, int step, long? walltime)
        {
            var image = new Summary.Types.Image
            {
                Height = height, Width = width, Colorspace = channels, EncodedImageString = ByteString.CopyFrom(png),
            };
            Add(new() { Tag = tag, Image = image }, step, walltime);
        }

        private void Add(Summary.Types.Value value, int step, long? walltime, string folder = "") => File(folder).Write(new()
        {
            WallTime = walltime ?? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0,
            Step = step,
            Summary = new() { Value = { value } },
        });

        private EventFile File(string folder)
        {
            lock (files)
                return files.TryGetValue(folder, out var file) ? file
                    : files[folder] = new EventFile(Path.Combine(LogDir, folder), suffix);
        }
    }
}

namespace TorchSharp.Utils.tensorboard.Enums
{
    public enum HistogramBinSelector : byte { Doane = 0, Rice = 1, Scott = 2, Sqrt = 3, Stone = 4, Sturges = 5, Tensorflow = 6 }
}
