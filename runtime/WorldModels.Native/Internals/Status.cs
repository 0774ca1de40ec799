namespace WorldModels.Native.Internals;

/// <summary>What a function returns: <c>wm_status</c> of the header.</summary>
internal enum Status
{
    Ok = 0,
    BadArgument = 1,
    NoHandle = 2,
    Busy = 3,
    BadBundle = 4,
    BadOutput = 5,
    BadState = 6,
    NoLibrary = 7,
    NoMemory = 8,
    Internal = 9,
}
