namespace WorldModels.Environments;

/// <summary>How every environment writes whose state follows, and what it says of one that is not its own or is damaged.</summary>
internal static class SavedState
{
    /// <summary>Writes whose state follows.</summary>
    public static void Begin(BinaryWriter writer, string name) => writer.Write(name);

    /// <summary>Reads a state that <see cref="Begin"/> began.</summary>
    /// <exception cref="InvalidDataException">It is of another environment, cut short or damaged.</exception>
    public static void Restore(BinaryReader reader, string name, Action restore)
    {
        try
        {
            string saved = reader.ReadString();
            if (saved != name)
                throw new InvalidDataException($"The saved state is of '{saved}', this environment is '{name}': make a '{saved}' for it.");
            restore();
        }
        catch (Exception e) when (e is ArgumentException or EndOfStreamException or FormatException)
        {
            throw new InvalidDataException($"The saved state of '{name}' is damaged: {e.Message} Use another checkpoint.", e);
        }
    }
}
