// How many frames a second a model makes here, one after another, with what is seen of each, and without drawing.

import { startDream } from './views.js';

const SECONDS = 2, FIRST = 20, BLOCK = 10; // the clock of a page is too coarse for a single step

/**
 * Steps a view's dream along its policy (or random actions), or has its policy act on one observation; milliseconds of a step, the median
 * of blocks of steps, as other work on the device comes in between.
 */
export async function measure({ dream, controller, recording, observation }) {
  const step = dream ? () => dreamOn(dream, controller) : () => controller.act(observation);
  if (dream) await startDream(dream, 0, recording);
  for (let i = 0; i < FIRST; i++) await step(); // until it is compiled
  const times = [], end = performance.now() + 1000 * SECONDS;
  while (performance.now() < end) {
    const begun = performance.now();
    for (let i = 0; i < BLOCK; i++) await step();
    times.push((performance.now() - begun) / BLOCK);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

async function dreamOn(dream, controller) {
  const action = controller ? (await controller.act(await dream.observation())).action : null;
  await dream.step(action);
  await dream.observation();
}
