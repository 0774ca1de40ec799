// How many frames a second a model makes here, one after another, with what is seen of each, and without drawing.

const SECONDS = 2;

/** Steps a dream along its policy or random actions from a start, or has a policy act on one observation. */
export async function measure(measured, views) {
  let step = () => measured.act(views[0].observation);
  if (measured.step) {
    if (measured.starts) await measured.start(0);
    const policy = measured.policy ? null : views[0].controller;
    step = async () => {
      const action = policy ? (await policy.act(await measured.observation())).action : null;
      await measured.step(action);
      await measured.observation();
    };
  }
  for (let i = 0; i < 20; i++) await step(); // until it is compiled
  const begun = performance.now();
  let steps = 0;
  for (; performance.now() - begun < 1000 * SECONDS; steps++) await step();
  return { steps, seconds: (performance.now() - begun) / 1000 };
}
