"""Runs the ONNX graphs of a bundle in PyTorch, operator by operator: what `tools bench --peer pytorch` compares itself with.

A line of standard input is a JSON request, the answer a line of JSON:
{"open": programs by name, ...}: makes rollouts ready, writes what each gives in each way into a file, and keeps the fastest of a way.
{"slice": seconds, "way": way}: repeats the rollout for so long; answers with the wall time of each call, and the CPU time of all.
"""
import ctypes
import json
import statistics
import sys
import time
import warnings

import numpy
import torch

from torch_graph import Graph, PeerError

SCRIPT = "TorchScript"
CHOICE_ROUNDS = 3
LONG_SECONDS = 1    # arrangements that take longer are compared once


class Calls:
    """Some graphs one after another over named values, as one function."""

    def __init__(self, calls, parameters, results, graphs):
        self.parameters, self.results = parameters, results
        self.graphs = [graphs(call["file"], list(call["outputs"])) for call in calls]
        places = {name: f"p{i}" for i, name in enumerate(parameters)}
        lines = []
        for i, (call, graph) in enumerate(zip(calls, self.graphs)):
            arguments = ", ".join(places[call["inputs"][name]] for name in graph.inputs)
            outputs = [f"r{i}_{j}" for j in range(len(graph.wanted))]
            lines.append(f"    {', '.join(outputs)}, = g{i}({arguments})")
            places.update(zip((call["outputs"][name] for name in graph.wanted), outputs))
        source = "\n".join([f"def run({', '.join(f'p{i}' for i in range(len(parameters)))}):", *lines,
                            f"    return ({''.join(places[name] + ', ' for name in results)})"])
        namespace = {f"g{i}": graph.run for i, graph in enumerate(self.graphs)}
        exec(source, namespace)
        self.run = namespace["run"]


class Traced(torch.nn.Module):
    def __init__(self, run):
        super().__init__()
        self.run = run

    def forward(self, *values):
        return self.run(*values)


def script(run, example):
    traced = torch.jit.trace(Traced(run).eval(), tuple(example), check_trace=False)
    return torch.jit.freeze(traced)


class Rollout:
    """A program: what comes before, steps that hand on their state, and what is computed afterwards for all steps at once."""

    def __init__(self, program, data, graphs, way):
        states, given, fixed, keep = (program[name] for name in ("states", "given", "fixed", "keep"))
        self.names, self.count, self.steps = [*states, *keep], len(states), program["steps"]
        self.made = [name for call in program["after"] for name in call["outputs"].values()]
        self.fixed = [data[name] for name in fixed]
        self.inputs = [[data[name][t] for name in given] for t in range(self.steps)]
        self.start = [data[name] for name in program["start"]]
        self.before = Calls(program["before"], program["start"], states, graphs).run
        self.first = Calls(program["first"], states, [v for call in program["first"] for v in call["outputs"].values()], graphs).run
        self.step = Calls(program["step"], [*states, *fixed, *given], self.names, graphs).run
        self.after = Calls(program["after"], states, self.made, graphs).run
        if way == SCRIPT:
            begin = self.before(*self.start)
            parts = (("before", self.start), ("first", begin), ("step", [*begin, *self.fixed, *self.inputs[0]]),
                     ("after", [torch.cat([state] * self.steps) for state in begin]))
            for part, example in parts:
                if program[part]:
                    setattr(self, part, script(getattr(self, part), example))

    def __call__(self):
        """What each step gives, states before kept values, and what was made of all states at once."""
        count, step, fixed = self.count, self.step, self.fixed
        state, trajectory = self.before(*self.start), []
        self.first(*state)
        for given in self.inputs:
            results = step(*state, *fixed, *given)
            trajectory.append(results)
            state = results[:count]
        if not self.made:
            return trajectory, ()
        return trajectory, self.after(*(torch.cat([results[i] for results in trajectory]) for i in range(count)))

    def results(self, rows):
        """What a rollout gives, by name, (T, rows, ...)."""
        trajectory, made = self()
        arrays = {name: torch.stack([results[i][:rows] for results in trajectory]) for i, name in enumerate(self.names)}
        for name, values in zip(self.made, made):
            arrays[name] = values.reshape(self.steps, -1, *values.shape[1:])[:, :rows]
        return arrays


def seconds(rollout, least):
    """Mean wall time of the calls in at least so many seconds."""
    start, calls = time.perf_counter(), 0
    while calls < 1 or time.perf_counter() - start < least:
        rollout()
        calls += 1
    return (time.perf_counter() - start) / calls


class Peer:
    def __init__(self):
        self.rollouts, self.chosen = {}, {}

    def open(self, request):
        """Makes every arrangement of a program ready, answers with what each gives, and keeps the fastest."""
        cache = {}

        def graphs(path, wanted):
            key = path, tuple(wanted)
            if key not in cache:
                cache[key] = Graph(path, wanted)
            return cache[key]

        with numpy.load(request["data"]) as arrays:
            data = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        arrays, arrangements = {}, {}
        for way in request["ways"]:
            rollouts = {name: Rollout(program, data, graphs, way) for name, program in request["open"].items()}
            for name, rollout in rollouts.items():
                for tensor, values in rollout.results(request["rows"]).items():
                    arrays[f"{way}/{name}/{tensor}"] = values.contiguous().numpy()
            times = {name: [seconds(rollout, request["warm_up"])] for name, rollout in rollouts.items()}
            long = sum(times[name][0] for name in rollouts) > LONG_SECONDS
            for _ in range(0 if len(rollouts) == 1 else 1 if long else CHOICE_ROUNDS):
                for name, rollout in rollouts.items():
                    times[name].append(seconds(rollout, request["warm_up"]))
            arrangements[way] = min(times, key=lambda name: statistics.median(times[name][1:] or times[name]))
            self.rollouts[way] = rollouts[arrangements[way]]
        numpy.savez(request["results"], **arrays)
        return {"arrangements": arrangements}

    def slice(self, request):
        rollout, times = self.rollouts[request["way"]], []
        cpu, last = time.process_time(), time.perf_counter()
        end = last + request["slice"]
        while last < end:
            rollout()
            now = time.perf_counter()
            times.append(now - last)
            last = now
        return {"calls": times, "cpu": time.process_time() - cpu}


def blas():
    """The OpenBLAS in this process and the kernels it chose; else what torch was built with."""
    try:
        with open("/proc/self/maps") as maps:
            path = next((line.split()[-1] for line in maps if "openblas" in line), None)
        library = ctypes.CDLL(path)
        library.openblas_get_config.restype = library.openblas_get_corename.restype = ctypes.c_char_p
        version = " ".join(library.openblas_get_config().decode().split()[:2])
        return f"{version}, {library.openblas_get_corename().decode()} kernels"
    except (OSError, TypeError, AttributeError):
        facts = dict(part.strip().split("=", 1) for part in torch.__config__.show().replace("\n", ",").split(",") if "=" in part)
        return "MKL" if torch.backends.mkl.is_available() else f"BLAS {facts.get('BLAS_INFO', 'unknown')}"


def main():
    warnings.simplefilter("ignore")     # a trace fixes the batch, as it is meant to
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
    peer = Peer()
    with torch.inference_mode():        # which is some percent faster than no_grad
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = peer.open(request) if "open" in request else peer.slice(request)
            except PeerError as problem:
                answer = {"error": str(problem)}
            print(json.dumps(answer), flush=True)


main()
