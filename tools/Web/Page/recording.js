// A real game, recorded when the site was made: what was observed, what was done, and what came of it.

import { fetchBytes } from './bundle.js';
import { readNpz } from './npz.js';
import { row } from './dream.js';

export class Recording {
  #arrays;

  constructor(description, arrays, sheet) {
    [this.how, this.sheet, this.#arrays] = [description.how, sheet, arrays];
    this.steps = arrays.reward.shape[0];
  }

  static async load(description) {
    const sheet = description.sheet ? { ...description.sheet, image: await loadImage(description.sheet.file) } : null;
    return new Recording(description, await readNpz(await fetchBytes(description.file)), sheet);
  }

  /** The observation of a step, from 0 to the number of steps. Pictures are stored as bytes, which stand for 0 to 1. */
  observation(step) {
    const values = row(this.#arrays.observation, step);
    return values instanceof Uint8Array ? Float32Array.from(values, value => value / 255) : values;
  }

  /** What was done at a step: a whole number, or an array of numbers. */
  action(step) {
    const values = row(this.#arrays.action, step);
    return values instanceof BigInt64Array ? Number(values[0]) : [...values];
  }

  /** The reward that this led to. */
  reward(step) {
    return this.#arrays.reward.data[step];
  }
}

async function loadImage(file) {
  const image = new Image();
  image.src = file;
  await image.decode();
  return image;
}
