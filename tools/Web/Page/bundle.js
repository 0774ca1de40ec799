// A bundle: its manifest, its graphs as sessions of ONNX Runtime, and its recorded starts. Tensors are bound by role, as every host does.

import * as ort from './ort/ort.wasm.bundle.min.js';
import { readNpz } from './npz.js';
import { fill, stream } from './philox.js';

let opening = Promise.resolve();

/** Reads ONNX Runtime's WebAssembly. One thread: more need headers that a plain file server does not send, and were slower here. */
export async function startEngine() {
  if (ort.env.wasm.wasmBinary) return;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmBinary = await fetchBytes('ort/ort-wasm-simd-threaded.wasm'); // read by us, so that its media type does not matter
}

export async function fetchBytes(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`'${path}' could not be read: ${response.status} ${response.statusText}.`);
  return response.arrayBuffer();
}

export class Bundle {
  #folder;
  #files;
  #graphs = new Map();
  #data = new Map();

  constructor(folder, manifest, files) {
    [this.#folder, this.manifest, this.#files] = [folder, manifest, files];
  }

  /** Reads a bundle's manifest. `files` names the external data of each graph, as the site's description has them. */
  static async load(folder, files) {
    await startEngine();
    const manifest = JSON.parse(new TextDecoder().decode(await fetchBytes(`${folder}/manifest.json`)));
    return new Bundle(folder, manifest, files);
  }

  has(graph) {
    return graph in this.manifest.graphs;
  }

  /** The recorded starts by name, or null. */
  async starts() {
    return 'starts.npz' in this.manifest.files ? readNpz(await this.#bytes('starts.npz')) : null;
  }

  /** A graph, opened once. */
  graph(name) {
    if (!this.#graphs.has(name)) this.#graphs.set(name, this.#open(name));
    return this.#graphs.get(name);
  }

  async #open(name) {
    const spec = this.manifest.graphs[name];
    const externalData = [];
    for (const path of this.#files[name]) externalData.push({ path, data: new Uint8Array(await this.#bytes(path)) });
    return new Graph(name, spec, await createSession(new Uint8Array(await this.#bytes(spec.file)), externalData));
  }

  #bytes(path) {
    if (!this.#data.has(path)) this.#data.set(path, fetchBytes(`${this.#folder}/${path}`));
    return this.#data.get(path);
  }
}

/** Opens sessions one after another: ONNX Runtime mounts the external data of one at a time. */
function createSession(model, externalData) {
  const create = () => ort.InferenceSession.create(model, { externalData, executionProviders: ['wasm'], logSeverityLevel: 3 });
  const session = opening.then(create);
  opening = session.catch(() => {}); // who asked for that one hears of it
  return session;
}

/** One graph of a bundle. Values are Float32Array, BigInt64Array or Uint8Array (bool) of one row. */
class Graph {
  #session;

  constructor(name, spec, session) {
    [this.name, this.spec, this.#session] = [name, spec, session];
    this.streams = Object.fromEntries(this.inputs('noise').map(input => [input.name, stream(input.stream ?? `${name}/${input.name}`)]));
  }

  inputs(role) {
    return this.spec.inputs.filter(tensor => tensor.role === role);
  }

  output(role) {
    return this.spec.outputs.find(tensor => tensor.role === role);
  }

  /** Runs it on values by input name; the values by output name. */
  async run(values) {
    const feeds = {};
    for (const input of this.spec.inputs) {
      const type = input.dtype, data = values[input.name];
      if (!data) throw new Error(`Graph ${this.name} was given no '${input.name}'.`);
      feeds[input.name] = new ort.Tensor(type, data, [1, ...input.shape.slice(1)]);
    }
    const results = await this.#session.run(feeds);
    return Object.fromEntries(this.spec.outputs.map(output => [output.name, results[output.name].data]));
  }

  /**
   * Values of the inputs that are neither state, observation nor action: noise of a step (null: what a deterministic policy has),
   * is-first, settings, and the task.
   */
  supplied({ seed, step, isFirst = 0, settings = {}, task = 0 }) {
    const values = {};
    for (const input of this.spec.inputs) {
      if (['state', 'observation', 'action'].includes(input.role)) continue;
      const data = values[input.name] = zeros(input);
      if (input.role === 'noise' && step === null) data.fill(input.noise === 'uniform' ? 0.5 : 0);
      else if (input.role === 'noise') fill(input.noise, { seed, step, stream: this.streams[input.name] }, data);
      else if (input.role === 'isFirst') data.fill(isFirst);
      else if (input.role === 'setting') data.fill(settings[input.name] ?? input.default);
      else if (input.role === 'task') data.fill(BigInt(task));
      else throw new Error(`Graph ${this.name} wants '${input.name}' (${input.role}), which no page can supply.`);
    }
    return values;
  }
}

/** Zeros of one row of a tensor. */
export function zeros(tensor) {
  const size = tensor.shape.slice(1).reduce((product, dim) => product * dim, 1);
  const Array = { float32: Float32Array, int64: BigInt64Array, bool: Uint8Array }[tensor.dtype];
  return new Array(size);
}

/** An action of a bundle's space: a whole number, or an array of numbers, as its graphs take it. */
export function actionData(space, action) {
  return space.kind === 'discrete' ? BigInt64Array.of(BigInt(action)) : Float32Array.from(action);
}

/** An action as graphs give it, as a number or an array of numbers within the space's bounds. */
export function actionOf(space, data) {
  if (space.kind === 'discrete') return Number(data[0]);
  return [...data].map((value, i) => Math.min(Math.max(value, space.lows?.[i] ?? space.low), space.highs?.[i] ?? space.high));
}
