using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A game played by the agent and written as text: for files, pipes and logs.</summary>
public static class PlayTranscript
{
    /// <summary>Plays and writes until the episode is over or enough steps are made.</summary>
    /// <param name="output">Receives boards, each under its status line, and the return at the end.</param>
    /// <param name="session">The game.</param>
    /// <param name="steps">Most steps.</param>
    /// <param name="every">Steps from one board to the next; the first and the last are always shown.</param>
    /// <exception cref="BundleException">Nobody plays.</exception>
    public static void Write(TextWriter output, PlaySession session, int steps, int every)
    {
        session.LetAgentPlay(true);
        if (!session.AgentPlays)
        {
            throw new BundleException(session.Dreaming
                ? "Nobody plays in this dream: the scripted player sees no pictures. Give a bundle with a policy, and the model by --model."
                : "Nobody plays: this bundle has no policy, and the game no scripted player. Play it yourself in a terminal.");
        }
        Board();
        for (int step = 1; step <= steps && session.World.Ending is null; step++)
        {
            session.Tick();
            if (step % every == 0 || step == steps || session.World.Ending is not null)
                Board();
        }
        PlayStatus end = session.Status;
        output.WriteLine(Summary(end));

        void Board()
        {
            output.WriteLine(session.Status);
            foreach (string line in BoardText.Draw(session))
                output.WriteLine(line.TrimEnd());
            output.WriteLine();
        }
    }

    /// <summary>How a game went, in a sentence.</summary>
    public static string Summary(PlayStatus status)
    {
        string where = status.Dreaming ? $"a dream of {status.Game}" : status.Game;
        string state = status.Ending is null ? "it goes on" : $"over: {status.Ending}";
        return $"Return {PlayStatus.Number(status.Return)} after {status.Step} step{(status.Step == 1 ? "" : "s")} of {where}; {state}.";
    }
}
