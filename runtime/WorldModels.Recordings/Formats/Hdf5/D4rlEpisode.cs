namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>The rows of one episode.</summary>
/// <param name="First">Number of its first row.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Terminal">Whether the last says that the environment ended it.</param>
/// <param name="Timeout">Whether the last says that it was cut off.</param>
/// <param name="HasArrival">Whether what the last row's action led to was kept.</param>
internal readonly record struct D4rlEpisode(long First, int Rows, bool Terminal, bool Timeout, bool HasArrival)
{
    /// <summary>Whether the last step is left out: nobody knows where it led.</summary>
    public bool LosesLastStep => !HasArrival && !Terminal;

    /// <summary>Whether the last observation stands for the one after it, so that the end is learnt.</summary>
    public bool RepeatsLast => !HasArrival && Terminal;

    /// <summary>Number of steps that can be learnt.</summary>
    public int Steps => LosesLastStep ? Rows - 1 : Rows;

    /// <summary>Cuts rows after each that ends an episode.</summary>
    public static List<D4rlEpisode> Split(bool[] terminals, bool[] timeouts, bool hasArrivals)
    {
        List<D4rlEpisode> episodes = new List<D4rlEpisode>();
        int first = 0;
        for (int row = 0; row < terminals.Length; row++)
        {
            if (!terminals[row] && !timeouts[row] && row < terminals.Length - 1)
                continue;
            episodes.Add(new(first, row + 1 - first, terminals[row], timeouts[row], hasArrivals));
            first = row + 1;
        }
        return episodes;
    }
}
