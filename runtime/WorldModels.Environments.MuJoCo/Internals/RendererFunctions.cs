using System.Runtime.InteropServices;

namespace WorldModels.Environments.MuJoCo.Internals;

/// <summary>MuJoCo's functions for pictures.</summary>
internal sealed unsafe class RendererFunctions(nint library)
{
    private readonly nint _library = library;

    public delegate* unmanaged[Cdecl]<nint, void> DefaultScene => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjv_defaultScene");

    public delegate* unmanaged[Cdecl]<nint, nint, int, void> MakeScene =>
        (delegate* unmanaged[Cdecl]<nint, nint, int, void>)Find("mjv_makeScene");

    public delegate* unmanaged[Cdecl]<nint, void> FreeScene => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjv_freeScene");

    public delegate* unmanaged[Cdecl]<nint, void> DefaultOption => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjv_defaultOption");

    public delegate* unmanaged[Cdecl]<nint, void> DefaultCamera => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjv_defaultCamera");

    public delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, int, nint, void> UpdateScene { get; } =
        (delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, int, nint, void>)NativeLibrary.GetExport(library, "mjv_updateScene");

    public delegate* unmanaged[Cdecl]<nint, void> DefaultContext => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjr_defaultContext");

    public delegate* unmanaged[Cdecl]<nint, nint, int, void> MakeContext =>
        (delegate* unmanaged[Cdecl]<nint, nint, int, void>)Find("mjr_makeContext");

    public delegate* unmanaged[Cdecl]<nint, void> FreeContext => (delegate* unmanaged[Cdecl]<nint, void>)Find("mjr_freeContext");

    public delegate* unmanaged[Cdecl]<int, nint, void> SetBuffer => (delegate* unmanaged[Cdecl]<int, nint, void>)Find("mjr_setBuffer");

    public delegate* unmanaged[Cdecl]<Rectangle, nint, nint, void> Render { get; } =
        (delegate* unmanaged[Cdecl]<Rectangle, nint, nint, void>)NativeLibrary.GetExport(library, "mjr_render");

    public delegate* unmanaged[Cdecl]<byte*, float*, Rectangle, nint, void> ReadPixels { get; } =
        (delegate* unmanaged[Cdecl]<byte*, float*, Rectangle, nint, void>)NativeLibrary.GetExport(library, "mjr_readPixels");

    private nint Find(string name) => NativeLibrary.GetExport(_library, name);
}
