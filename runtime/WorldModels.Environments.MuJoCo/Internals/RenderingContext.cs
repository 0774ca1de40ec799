using System.Runtime.InteropServices;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>An OpenGL context without a window, by EGL (EGL 1.5, platform "surfaceless" of Mesa), current on the thread that makes it.</summary>
internal sealed unsafe class RenderingContext : IDisposable
{
    private const int PlatformSurfaceless = 0x31DD, OpenGlApi = 0x30A2;
    private const int SurfaceType = 0x3033, PixelBuffer = 0x1, RenderableType = 0x3040, OpenGl = 0x8, None = 0x3038;
    private const string HowToInstall = "Debian 12, as root: apt-get install libegl1 libgl1-mesa-dri.";

    private readonly delegate* unmanaged[Cdecl]<nint, nint, nint, nint, int> _makeCurrent;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> _destroy;
    private readonly nint _display, _context;

    /// <exception cref="MuJoCoException">There is no EGL here, or it makes no such context.</exception>
    public RenderingContext()
    {
        if (!NativeLibrary.TryLoad("libEGL.so.1", out nint egl))
            throw new MuJoCoException($"MuJoCo's own pictures need EGL, which is not here. {HowToInstall}");
        _makeCurrent = (delegate* unmanaged[Cdecl]<nint, nint, nint, nint, int>)Find("eglMakeCurrent");
        _destroy = (delegate* unmanaged[Cdecl]<nint, nint, int>)Find("eglDestroyContext");
        _display = ((delegate* unmanaged[Cdecl]<int, nint, nint, nint>)Find("eglGetPlatformDisplay"))(PlatformSurfaceless, 0, 0);
        int major, minor, found = 0;
        nint config = 0;
        int* wanted = stackalloc int[] { SurfaceType, PixelBuffer, RenderableType, OpenGl, None };
        bool isReady = ((delegate* unmanaged[Cdecl]<nint, int*, int*, int>)Find("eglInitialize"))(_display, &major, &minor) != 0
            && ((delegate* unmanaged[Cdecl]<int, int>)Find("eglBindAPI"))(OpenGlApi) != 0
            && ((delegate* unmanaged[Cdecl]<nint, int*, nint*, int, int*, int>)Find("eglChooseConfig"))(
                _display, wanted, &config, 1, &found) != 0
            && found > 0;
        if (isReady)
            _context = ((delegate* unmanaged[Cdecl]<nint, nint, nint, int*, nint>)Find("eglCreateContext"))(_display, config, 0, null);
        if (_context == 0 || _makeCurrent(_display, 0, 0, _context) == 0)
            throw new MuJoCoException($"MuJoCo's own pictures need OpenGL without a window, which EGL does not give here. {HowToInstall}");

        nint Find(string name) => NativeLibrary.GetExport(egl, name);
    }

    /// <summary>Frees it; afterwards no context is current on this thread.</summary>
    public void Dispose()
    {
        _makeCurrent(_display, 0, 0, 0);
        _destroy(_display, _context);
    }
}
