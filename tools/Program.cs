using WorldModels.Tools;

return ToolsApp.Run(args, Console.Out, Console.Error);
