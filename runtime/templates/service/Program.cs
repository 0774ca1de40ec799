using System.Collections.Concurrent;
using WorldModels.Runtime;

// The folder of a bundle: dotnet run -- --bundle path/to/my-agent
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["bundle"] is not { } bundle)
{
    Console.Error.WriteLine("Give the folder of a bundle: dotnet run -- --bundle path/to/my-agent");
    return 1;
}
builder.Services.AddSingleton(services =>
    WorldModel.Load(bundle, new() { Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("WorldModels") }));
WebApplication app = builder.Build();
WorldModel world;
try
{
    world = app.Services.GetRequiredService<WorldModel>();
}
catch (BundleException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
if (world.Manifest.Action.Kind != WorldModels.Bundles.ActionKind.Continuous)
{
    Console.Error.WriteLine($"{world.Manifest.Name} has numbered actions: take long[] for actions in this file.");
    return 1;
}

// A controller a session, all of them on the weights of one world. A controller is used by one thread at a time.
ConcurrentDictionary<string, Lazy<Controller>> sessions = new();
app.MapPost("/sessions/{name}/act", (string name, float[] observation) =>
{
    float[] action = new float[world.Manifest.Action.Size];
    try
    {
        Controller controller = sessions.GetOrAdd(name, _ => new(() => world.Controller(new() { Batch = 1, Deterministic = true }))).Value;
        lock (controller)
            controller.Act(observation, action);
        return Results.Ok(action);
    }
    catch (BundleException e)
    {
        return Results.BadRequest(e.Message);
    }
});
app.MapDelete("/sessions/{name}", (string name) =>
{
    if (!sessions.TryRemove(name, out Lazy<Controller>? controller))
        return Results.NotFound();
    controller.Value.Dispose();
    return Results.NoContent();
});
app.MapGet("/", () => new { world.Manifest.Name, world.Manifest.Environment, Provider = world.ProviderReport.Chosen });
app.Run();
return 0;
