using System.Globalization;
using WorldModels.Runtime;
using WorldModels.Samples;

const string Usage = """
    Usage: dotnet run -c Release --project runtime/samples -- SAMPLE [BUNDLE ...] [--seconds N]

      game-loop      a controller in a loop of 60 frames a second, within a budget        (models/zoo/cartpole-swingup-dreamer)
      service        a batch service over HTTP: POST /act                                  (models/zoo/pendulum-dreamer)
      planner        a planner that has to be done within a deadline                       (models/zoo/cartpole-swingup-planet)
      shared-world   several controllers and a dream at once on one world's weights        (models/zoo/pendulum-dreamer)
      hot-swap       another bundle takes over under load, no step lost or mixed           (models/zoo/pendulum-dreamer pendulum-dreamerv3)
    """;

List<string> rest = [.. args];
double seconds = 5;
if (rest.IndexOf("--seconds") is >= 0 and int at)
{
    if (at + 1 >= rest.Count || !double.TryParse(rest[at + 1], CultureInfo.InvariantCulture, out seconds) || !(seconds > 0))
        return Refuse("--seconds takes a number above 0, as in --seconds 5.");
    rest.RemoveRange(at, 2);
}
string[] bundles = [.. rest.Skip(1)];
if (bundles.FirstOrDefault(bundle => bundle.StartsWith('-')) is { } unknown)
    return Refuse($"There is no option '{unknown}': --seconds N is the only one.");
try
{
    switch (rest.FirstOrDefault())
    {
        case "game-loop":
            GameLoop.Run(Bundle(0, "cartpole-swingup-dreamer"), TimeSpan.FromSeconds(seconds));
            return 0;
        case "service":
            await BatchService.Run(Bundle(0, "pendulum-dreamer"), args: []);
            return 0;
        case "planner":
            PlannerLoop.Run(Bundle(0, "cartpole-swingup-planet"), TimeSpan.FromSeconds(seconds));
            return 0;
        case "shared-world":
            SharedWorld.Run(Bundle(0, "pendulum-dreamer"), TimeSpan.FromSeconds(seconds));
            return 0;
        case "hot-swap":
            return HotSwap.Run(Bundle(0, "pendulum-dreamer"), Bundle(1, "pendulum-dreamerv3"), TimeSpan.FromSeconds(seconds));
        default:
            return Refuse(Usage);
    }
}
catch (Exception e) when (e is BundleException or ArgumentException) // an environment that there is not, for one
{
    return Refuse(e.Message);
}

string Bundle(int place, string usual) => place < bundles.Length ? bundles[place] : Path.Combine("models", "zoo", usual);

static int Refuse(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
