// A bundle's policy on observations, which carries its state: what WorldModels.Runtime's Controller does in row 0 of a batch.

import { actionData, actionOf, zeros } from './bundle.js';
import { actionTensor, fed, probabilities } from './dream.js';

export class Controller {
  #bundle;
  #graphs;
  #state;
  #previous;
  #isFirst;

  constructor(bundle, graphs) {
    [this.#bundle, this.#graphs, this.task] = [bundle, graphs, 0];
    this.reset(0);
  }

  /** Opens the policy of a bundle; null: it has none that reads observations. */
  static async open(bundle) {
    const policy = bundle.has('control') ? 'control' : 'act', spec = bundle.manifest.graphs[policy];
    if (!spec) return null;
    const names = spec.inputs.some(input => input.role === 'observation') ? [policy] : ['observe', policy];
    return new Controller(bundle, await Promise.all(names.map(name => bundle.graph(name))));
  }

  /** Starts an episode. With deterministic, it takes its likeliest action instead of a draw. */
  reset(seed, deterministic = false) {
    [this.seed, this.deterministic, this.calls, this.#isFirst] = [seed, deterministic, 0, 1];
    this.#state = {};
    this.#previous = zeros(actionTensor(this.#bundle.manifest.action));
  }

  /** Acts on an observation: { action, value, probabilities }, null where the bundle does not say. */
  async act(observation) {
    const space = this.#bundle.manifest.action, result = { action: null, value: null, probabilities: null };
    for (const graph of this.#graphs) {
      const step = this.deterministic ? null : this.calls;
      const values = graph.supplied({ seed: this.seed, step, isFirst: this.#isFirst, task: this.task });
      for (const input of graph.spec.inputs) {
        if (input.role === 'observation') values[input.name] = Float32Array.from(observation);
        else if (input.role === 'state') values[input.name] = this.#state[input.name] ?? zeros(input);
        else if (input.role === 'action') values[input.name] = this.#previous;
      }
      const outputs = await graph.run(values);
      Object.assign(this.#state, fed(graph, outputs));
      if (graph.output('value')) result.value = outputs[graph.output('value').name][0];
      if (!graph.output('action')) continue;
      result.action = actionOf(space, outputs[graph.output('action').name]);
      result.probabilities = probabilities(graph, outputs, space);
    }
    result.value ??= await this.#value();
    this.played(result.action);
    [this.calls, this.#isFirst] = [this.calls + 1, 0];
    return result;
  }

  /** Says that another action was played than it chose. */
  played(action) {
    this.#previous = actionData(this.#bundle.manifest.action, action);
  }

  async #value() {
    const spec = this.#bundle.manifest.graphs.value;
    if (!spec?.inputs.every(input => input.role === 'state' && input.name in this.#state)) return null;
    const graph = await this.#bundle.graph('value');
    return (await graph.run(this.#state))[graph.output('value').name][0];
  }
}
