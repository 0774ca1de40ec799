// How many frames a second a model makes here, one after another, with what is seen of each, and without drawing.

import { startDream } from './views.js';

const SECONDS = 2, FIRST = 20;

/** Steps a view's dream along its policy (or random actions), or has its policy act on one observation. */
export async function measure({ dream, controller, recording, observation }) {
  const step = dream ? () => dreamOn(dream, controller) : () => controller.act(observation);
  if (dream) await startDream(dream, 0, recording);
  for (let i = 0; i < FIRST; i++) await step(); // until it is compiled
  const begun = performance.now();
  let steps = 0;
  for (; performance.now() - begun < 1000 * SECONDS; steps++) await step();
  return { steps, seconds: (performance.now() - begun) / 1000 };
}

async function dreamOn(dream, controller) {
  const action = controller ? (await controller.act(await dream.observation())).action : null;
  await dream.step(action);
  await dream.observation();
}
