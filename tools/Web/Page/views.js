// What the page can show. A view is restarted with a seed and advanced step by step; between steps it says what is to be seen:
// panels (each drawn on a canvas), facts (names and values), curves (lines by name), and why it is over.

import { drawFrame, drawObservation } from './draw.js';
import { text } from './curve.js';

/** What all views have: a count of steps, and the end. */
class View {
  begin() {
    [this.steps, this.return, this.ending, this.action] = [0, 0, null, null];
    this.lines = this.curves.map(curve => curve.names.map(() => []));
  }

  /** Adds the values of a step to the lines of each curve. */
  record(...values) {
    values.forEach((curve, c) => curve.forEach((value, i) => this.lines[c][i].push(value)));
  }

  /** An action in words. */
  named(action) {
    if (action === null) return '–';
    const names = this.site.actionNames;
    return Array.isArray(action) ? action.map((value, i) => `${names[i]} ${text(value)}`).join(', ') : names[action];
  }
}

/** A dream that somebody plays in: a person, or the agent. */
export class DreamView extends View {
  static title = 'Play in the dream';

  constructor(site, dream, controller, recording) {
    super();
    // A policy on the model's states acts inside of the dream; one on observations looks at what is dreamt.
    [this.site, this.dream, this.controller, this.recording] = [site, dream, dream.policy ? null : controller, recording];
    this.curves = [{ title: 'Reward', names: ['dreamt'] }, { title: 'Value', names: ['expected return'] }];
    this.isPlayable = true;
    this.hasAgent = Boolean(dream.policy ?? controller);
    this.player = this.hasAgent ? 'The agent plays' : 'Random actions';
  }

  async restart(seed) {
    this.begin();
    await startDream(this.dream, seed, this.recording);
    this.controller?.reset(seed);
    this.result = null;
    await this.#look();
  }

  /** Moves by an action; null: by the agent's, or a random one. */
  async advance(action) {
    this.result = await this.dream.step(action ?? this.decision?.action ?? null);
    this.action = this.result.action;
    this.controller?.played(this.action);
    this.steps++;
    this.return += this.result.reward ?? 0;
    if (this.result.continue !== null && this.result.continue < 0.5) this.ending = 'The model says that the game is over.';
    await this.#look();
    this.record([this.result.reward], [this.value]);
  }

  get panels() {
    return [{ title: 'Dream', draw: canvas => drawObservation(canvas, this.site, this.observation) }];
  }

  get facts() {
    return [['Step', this.steps], ['Action', this.named(this.action)], ['Reward', text(this.result?.reward)],
      ['Return', text(this.return)], ['Value', text(this.value)], ...goesOn(this.result)];
  }

  get policy() {
    return this.decision?.probabilities ?? this.result?.probabilities;
  }

  async #look() {
    this.observation = await this.dream.observation();
    this.decision = this.controller ? await this.controller.act(this.observation) : null;
    this.value = this.decision ? this.decision.value : await this.dream.value();
  }
}

/** A recorded real game, and beside it what the model dreams along the same actions once it has watched the first steps. */
export class CompareView extends View {
  static title = 'A real game beside its dream';

  constructor(site, dream, recording) {
    super();
    [this.site, this.dream, this.recording] = [site, dream, recording];
    this.curves = [{ title: 'Reward', names: ['real', 'dreamt'] }, { title: 'Mean difference', names: ['of what is seen'] }];
    this.horizon = 45; // as in Hafner et al. 2019, figure 4
  }

  async restart(seed) {
    this.begin();
    [this.result, this.dreamt, this.difference] = [null, null, null];
    this.dream.forget(seed);
    await this.#watch(null);
  }

  async advance() {
    const action = this.action = this.recording.action(this.steps);
    this.result = this.dreamt === null ? null : await this.dream.step(action);
    const reward = this.recording.reward(this.steps);
    this.return += reward;
    this.steps++;
    await this.#watch(action);
    if (this.steps === this.recording.steps) this.ending = 'The recording ends here.';
    this.record([reward, this.result?.reward ?? null], [this.difference]);
  }

  get panels() {
    const title = this.dreamt === null ? 'Dream: the model still watches' : `Dream, ${this.dream.time} steps on its own`;
    return [{ title: 'Real game', draw: canvas => drawReal(canvas, this) },
      { title, draw: canvas => drawObservation(canvas, this.site, this.dreamt ?? this.observation) }];
  }

  get facts() {
    return [['Step', `${this.steps} of ${this.recording.steps}`], ['Action', this.named(this.action)], ['Real return', text(this.return)],
      ['Dreamt reward', text(this.result?.reward)], ['Mean difference', text(this.difference)], ...goesOn(this.result)];
  }

  /** Looks at the real game; where the dream has gone its way, it starts again from there. */
  async #watch(action) {
    const observation = this.observation = this.recording.observation(this.steps);
    await this.dream.watch(observation, action);
    const dreamt = this.result && await this.dream.observation();
    this.difference = dreamt && observation.reduce((sum, value, i) => sum + Math.abs(value - dreamt[i]), 0) / observation.length;
    if (dreamt) this.dreamt = dreamt;
    const begins = this.steps === Math.min(this.site.context, this.recording.steps) - 1 || (dreamt && this.dream.time >= this.horizon);
    if (!begins) return;
    this.dream.begin();
    this.dreamt = await this.dream.observation();
  }
}

/** A recorded real game, and what the policy says to each of its observations, computed here. */
export class WatchView extends View {
  static title = 'The agent in a real game';

  constructor(site, controller, recording) {
    super();
    [this.site, this.controller, this.recording, this.tasks] = [site, controller, recording, site.tasks];
    this.curves = [{ title: 'Reward', names: ['real'] }, { title: 'Value', names: ['expected return'] }];
  }

  async restart() {
    this.begin();
    this.same = 0;
    this.controller.reset(this.site.seed, this.site.greedy);
    await this.#decide();
  }

  async advance() {
    const action = this.action = this.recording.action(this.steps), reward = this.recording.reward(this.steps);
    const chosen = this.decision.action, difference = Math.max(...[action].flat().map((value, i) => Math.abs(value - [chosen].flat()[i])));
    if (difference < 1e-3) this.same++;
    this.controller.played(action);
    this.return += reward;
    this.steps++;
    await this.#decide();
    if (this.steps === this.recording.steps) this.ending = 'The recording ends here.';
    this.record([reward], [this.decision.value]);
  }

  get panels() {
    return [{ title: 'Real game', draw: canvas => drawReal(canvas, this) }];
  }

  get facts() {
    return [['Step', `${this.steps} of ${this.recording.steps}`], ['Played', this.named(this.action)],
      ['Policy now', this.named(this.decision.action)], ['Return', text(this.return)], ['Value', text(this.decision.value)],
      ['As recorded', `${this.same} of ${this.steps}`]];
  }

  get policy() {
    return this.decision.probabilities;
  }

  /** Acts for one of the agent's tasks from the next step on. */
  setTask(task) {
    this.controller.task = task;
  }

  async #decide() {
    this.observation = this.recording.observation(this.steps);
    this.decision = await this.controller.act(this.observation);
  }
}

/** Starts a dream from one of the bundle's recorded starts or, where it has none, from the beginning of the recorded game. */
export async function startDream(dream, seed, recording) {
  if (dream.starts > 0) return dream.start(seed);
  dream.forget(seed);
  await dream.watch(recording.observation(0));
  dream.begin();
}

/** The real game of a view: pictures of it where they were made, else what was observed. */
function drawReal(canvas, { site, recording, steps, observation }) {
  if (recording.sheet) drawFrame(canvas, recording.sheet, steps);
  else drawObservation(canvas, site, observation);
}

/** How likely the game goes on, where the model says it. */
function goesOn(result) {
  return result === null || result.continue === null ? [] : [['Goes on', `${Math.round(100 * result.continue)} %`]];
}
