using System.Runtime.InteropServices;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// MuJoCo's own pictures, at the control suite's quality: four samples, shadows, a floor that mirrors, by OpenGL. Agents see those of
/// <see cref="PixelObservation{TAction}"/>, which are drawn many times as fast on a CPU; these are there to be compared with.
/// Not thread-safe; to be disposed of on the thread that made it.
/// </summary>
public sealed unsafe class MuJoCoRenderer : IDisposable
{
    // The largest of MuJoCo 2.2.2's structures, mjvScene, has 8,656 bytes; all but two members are set by its own functions.
    private const int StructureBytes = 1 << 14;
    private const int MostGeoms = 1000, FixedCamera = 2, AllKinds = 7, FontOfAnySize = 100, OffScreen = 1;

    private readonly MuJoCoLibrary _library = MuJoCoLibrary.Instance;
    private readonly RenderingContext _gl;
    private readonly CompiledModel _model;
    private readonly DataHandle _data;
    private readonly Rectangle _frame;
    private readonly byte[] _rows;
    private readonly nint _scene = Structure(), _option = Structure(), _camera = Structure(), _context = Structure();

    /// <param name="model">The name of a model, as for <see cref="MuJoCoPhysics"/>.</param>
    /// <param name="size">Rows and columns.</param>
    /// <exception cref="MuJoCoException">MuJoCo or OpenGL is not here.</exception>
    public MuJoCoRenderer(string model, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _gl = new();
        _model = new(_library, model, SuiteVisuals.AddTo(CompiledModel.Read(model), ModelLook.Of(model), size));
        _data = new(_library, _model.Handle);
        _frame = new(0, 0, size, size);
        _rows = new byte[3 * size * size];
        RendererFunctions render = _library.Renderer;
        render.DefaultScene(_scene);
        render.MakeScene(_model.Handle.Address, _scene, MostGeoms);
        render.DefaultOption(_option);
        render.DefaultCamera(_camera);
        (((int*)_camera)[0], ((int*)_camera)[1]) = (FixedCamera, ModelLook.Of(model).Camera);      // type, fixedcamid
        render.DefaultContext(_context);
        render.MakeContext(_model.Handle.Address, _context, FontOfAnySize);
        render.SetBuffer(OffScreen, _context);
    }

    /// <summary>
    /// Makes one for what an environment of the control suite moves; null where that is no model of the suite, as two pendulums side by
    /// side are none.
    /// </summary>
    /// <exception cref="MuJoCoException">MuJoCo or OpenGL is not here.</exception>
    public static MuJoCoRenderer? Of(ControlSuiteEnvironment environment, int size)
    {
        string model = environment.Physics is MuJoCoPhysics physics ? physics.Model.Name : environment.Name.Split('-')[0];
        return ModelLook.IsKnown(model) ? new(model, size) : null;
    }

    /// <summary>Draws a system of this model where it is.</summary>
    /// <param name="physics">Whose positions are taken.</param>
    /// <param name="pixels">(rows, columns, 3) of red, green, blue; the first row is the uppermost.</param>
    public void Render(IPhysics physics, Span<byte> pixels)
    {
        if (pixels.Length != _rows.Length)
            throw new ArgumentException($"A picture has {_rows.Length} bytes, not {pixels.Length}.");
        Span<double> positions = physics.Positions;
        positions.CopyTo(_data.Array<double>(_library.Layout.Data.Positions, positions.Length));
        physics.Target.CopyTo(_model.Target);
        _library.Forward(_model.Handle.Address, _data.Address);
        RendererFunctions render = _library.Renderer;
        render.UpdateScene(_model.Handle.Address, _data.Address, _option, 0, _camera, AllKinds, _scene);
        render.Render(_frame, _scene, _context);
        fixed (byte* rows = _rows)
            render.ReadPixels(rows, null, _frame, _context);
        int row = 3 * _frame.Width;
        for (int y = 0; y < _frame.Height; y++)     // OpenGL's first row is the lowest
            _rows.AsSpan((_frame.Height - 1 - y) * row, row).CopyTo(pixels[(y * row)..]);
    }

    /// <summary>Frees what MuJoCo and OpenGL hold.</summary>
    public void Dispose()
    {
        _library.Renderer.FreeContext(_context);
        _library.Renderer.FreeScene(_scene);
        foreach (nint structure in new[] { _scene, _option, _camera, _context })
            NativeMemory.Free((void*)structure);
        _data.Dispose();
        _model.Handle.Dispose();
        _gl.Dispose();
    }

    private static nint Structure() => (nint)NativeMemory.AllocZeroed(StructureBytes);
}

/// <summary>MuJoCo's mjrRect.</summary>
internal readonly record struct Rectangle(int Left, int Bottom, int Width, int Height);
