// A dream of one row, step by step: what WorldModels.Runtime's Dream does in row 0 of a batch, with the same noise.

import { actionData, actionOf, zeros } from './bundle.js';
import { fill, nextInt, stream } from './philox.js';

const START = stream('start'), ACTION = stream('action');
const STEPS = ['observe', 'act', 'imagine', 'dream'];
const HEADS = { reward: 'reward', continue: 'continue', value: 'value', observation: 'decode' };

export class Dream {
  #bundle;
  #starts;
  #states;      // the state inputs of all graphs that step
  #initial;     // states before anything was watched, by name
  #posterior;   // those that graph observe made of what was watched
  #last;        // the observation watched last
  #state;
  #previous;

  constructor(bundle, starts) {
    [this.#bundle, this.#starts] = [bundle, starts];
    const graphs = STEPS.filter(name => bundle.has(name)).map(name => bundle.manifest.graphs[name]);
    const states = graphs.flatMap(graph => graph.inputs).filter(input => input.role === 'state');
    this.#states = states.filter((state, i) => states.findIndex(other => other.name === state.name) === i);
    const shape = String(bundle.manifest.observation.shape);
    this.seen = this.#states.find(state => state.dtype === 'float32' && String(state.shape.slice(1)) === shape)?.name;
    this.policy = bundle.has('dream') ? ['dream'] : bundle.has('act') ? ['act', 'imagine'] : null;
    this.settings = {};
    this.forget(0);
  }

  /** A dream of a bundle with a graph imagine. */
  static async open(bundle) {
    const dream = new Dream(bundle, await bundle.starts());
    for (const name of STEPS.filter(step => bundle.has(step))) await bundle.graph(name);
    return dream;
  }

  /** How many recorded starts there are. */
  get starts() {
    return this.#starts?.observation.shape[0] ?? 0;
  }

  /** Settings of its steps, such as a temperature: their specifications. */
  get settingSpecs() {
    return ['imagine', 'dream'].filter(name => this.#bundle.has(name))
      .flatMap(name => this.#bundle.manifest.graphs[name].inputs.filter(input => input.role === 'setting'))
      .filter((setting, i, all) => all.findIndex(other => other.name === setting.name) === i);
  }

  /** Starts from a recorded start that the seed picks. */
  async start(seed) {
    this.forget(seed);
    await this.watch(row(this.#starts.observation, this.#index(seed)));
    this.begin();
  }

  /** Forgets what was watched; the seed determines what follows. */
  forget(seed) {
    [this.seed, this.watched, this.#posterior] = [seed, 0, {}];
    this.#previous = zeros(actionTensor(this.#bundle.manifest.action));
    const recorded = state => state.initial === 'starts' ? this.#starts?.[state.name] : undefined;
    this.#initial = Object.fromEntries(this.#states.map(state =>
      [state.name, recorded(state) ? row(recorded(state), this.#index(seed)) : zeros(state)]));
    this.#state = this.#initial;
  }

  /** Takes in a real observation, and the action that led to it; null: an episode begins with it. */
  async watch(observation, action = null) {
    this.#last = Float32Array.from(observation);
    if (action !== null) this.#previous = actionData(this.#bundle.manifest.action, action);
    if (this.#bundle.has('observe')) {
      const graph = await this.#bundle.graph('observe');
      const isFirst = this.watched === 0 ? 1 : 0;
      const values = graph.supplied({ seed: this.seed, step: this.watched, isFirst, settings: this.settings });
      for (const input of graph.spec.inputs) {
        if (input.role === 'observation') values[input.name] = this.#last;
        else if (input.role === 'state') values[input.name] = this.#posterior[input.name] ?? zeros(input);
        else if (input.role === 'action') values[input.name] = this.#previous;
      }
      Object.assign(this.#posterior, fed(graph, await graph.run(values)));
    }
    this.watched++;
  }

  /** Dreams on from what was watched, from step 0 of the noise. */
  begin() {
    this.time = 0;
    this.#state = { ...this.#initial, ...this.#posterior };
    const seen = this.#states.find(state => state.name === this.seen);
    const isRecorded = this.#starts !== null && this.seen in this.#starts;
    if (seen?.initial === 'starts' && !isRecorded && !(this.seen in this.#posterior)) this.#state[this.seen] = this.#last;
  }

  /**
   * One step along an action, or along what the bundle's policy does (null; uniformly random, if it has none).
   * { action, reward, continue, probabilities }: null where the model does not say.
   */
  async step(action = null) {
    const space = this.#bundle.manifest.action, graphs = action === null && this.policy ? this.policy : ['imagine'];
    const result = { action: null, reward: null, continue: null, probabilities: null };
    let current = action === null ? this.policy ? null : this.#random() : actionData(space, action);
    for (const name of graphs) {
      const graph = await this.#bundle.graph(name);
      const values = graph.supplied({ seed: this.seed, step: this.time, settings: this.settings });
      for (const input of graph.spec.inputs) {
        if (input.role === 'state') values[input.name] = this.#state[input.name];
        else if (input.role === 'observation') values[input.name] = this.#state[this.seen];
        else if (input.role === 'action') values[input.name] = name === 'imagine' ? current : this.#previous;
      }
      const outputs = await graph.run(values);
      const chosen = graph.output('action');
      if (chosen) {
        current = outputs[chosen.name];
        result.probabilities = probabilities(graph, outputs, space);
      }
      for (const role of ['reward', 'continue']) {
        if (graph.output(role)) result[role] = outputs[graph.output(role).name][0];
      }
      this.#state = { ...this.#state, ...fed(graph, outputs) };
    }
    this.#previous = current;
    this.time++;
    result.action = actionOf(space, current);
    for (const role of ['reward', 'continue']) result[role] ??= (await this.#head(role))?.[0] ?? null;
    return result;
  }

  /** What is seen now. */
  async observation() {
    return this.seen ? this.#state[this.seen] : this.#head('observation');
  }

  /** The value of the present state; null: the bundle does not say. */
  async value() {
    return (await this.#head('value'))?.[0] ?? null;
  }

  /** What a graph on states alone says; null: there is none. */
  async #head(role) {
    const name = HEADS[role], spec = this.#bundle.manifest.graphs[name];
    if (!spec || !spec.inputs.every(input => input.role === 'state')) return null;
    const graph = await this.#bundle.graph(name);
    return (await graph.run(this.#state))[graph.output(role).name];
  }

  #index(seed) {
    return nextInt({ seed, step: 0, stream: START }, this.starts);
  }

  #random() {
    const space = this.#bundle.manifest.action, key = { seed: this.seed, step: this.time, stream: ACTION };
    if (space.kind === 'discrete') return actionData(space, nextInt(key, space.count));
    const draws = zeros(actionTensor(space));
    fill('uniform', key, draws);
    return draws.map((draw, i) => {
      const low = space.lows?.[i] ?? space.low, high = space.highs?.[i] ?? space.high;
      return low + (high - low) * draw;
    });
  }
}

/** How likely each numbered action is; null where a graph does not say. */
export function probabilities(graph, outputs, space) {
  const logits = graph.output('logits') && outputs[graph.output('logits').name];
  if (space.kind !== 'discrete' || logits?.length !== space.count) return null;
  const most = Math.max(...logits), weights = Array.from(logits, logit => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map(weight => weight / sum);
}

/** The states that a graph wrote, by the names that they are read by. */
export function fed(graph, outputs) {
  return Object.fromEntries(graph.spec.outputs.filter(output => output.feeds).map(output => [output.feeds, outputs[output.name]]));
}

/** The tensor of an action. */
export function actionTensor(space) {
  return { dtype: space.kind === 'discrete' ? 'int64' : 'float32', shape: ['batch', ...(space.shape ?? [])] };
}

/** A row of a recorded array, as float32 where it is of another kind of number. */
export function row({ shape, data }, index) {
  const size = data.length / shape[0], values = data.slice(index * size, (index + 1) * size);
  return values instanceof Float64Array ? Float32Array.from(values) : values;
}
