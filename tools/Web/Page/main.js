// The page: reads the site's description and bundles, and moves the view that is shown.

import { Bundle } from './bundle.js';
import { Controller } from './controller.js';
import { Curve } from './curve.js';
import { Dream } from './dream.js';
import { measure } from './measure.js';
import { Recording } from './recording.js';
import { Stage } from './stage.js';
import { Steering } from './steering.js';
import { CompareView, DreamView, WatchView } from './views.js';

const SPEEDS = [2, 5, 10, 25, 60, 1000];

const $ = id => document.getElementById(id);
const address = new URLSearchParams(location.hash.slice(1)); // such as #view=1&seed=7
let site, views, view, curves, stage, steering;
let seed = 0n, running = false, runs = 0, waiting = 0, busy = Promise.resolve();
const timing = { shown: [], model: 0 };

start().catch(fail);

async function start() {
  seed = seedOf(address.get('seed') ?? '0');
  site = await (await fetch('site.json')).json();
  document.title = `${site.title} in the browser`;
  $('name').textContent = site.title;
  $('about').textContent = site.about;
  $('explanation').textContent = site.explanation;
  const agent = await Bundle.load('bundle', site.bundle);
  const model = site.model ? await Bundle.load('model', site.model) : agent;
  const controller = await Controller.open(agent), recording = await Recording.load(site.recording);
  const dream = site.dreams ? await Dream.open(model) : null;
  views = [];
  if (dream) views.push(new DreamView(site, dream, controller, recording), new CompareView(site, dream, recording));
  if (controller) views.push(new WatchView(site, controller, recording));
  steering = new Steering(site, pressed);
  stage = new Stage($('stage'), site);
  steering.listen($('stage'), () => view.isPlayable);
  fillChoices(dream);
  listen();
  $('page').hidden = false;
  await show(Number(address.get('view') ?? 0));
}

/** A seed as the runtime takes it, of 64 bits, which JavaScript's numbers do not hold. */
function seedOf(text) {
  if (!/^[0-9]+$/.test(text)) throw new Error(`'seed' in the address is '${text}'; give a whole number from 0 on, as in #seed=7.`);
  return BigInt(text);
}

function fillChoices(dream) {
  options($('view'), views.map(one => one.constructor.title));
  options($('speed'), SPEEDS.map(speed => speed === 1000 ? 'as fast as it goes' : `${speed} steps a second`));
  $('speed').selectedIndex = 2;
  if (site.secondsPerStep) {
    $('speed').prepend(new Option(`real time (${Math.round(1 / site.secondsPerStep)} a second)`, 1 / site.secondsPerStep));
    $('speed').selectedIndex = 0;
  }
  [...$('speed').options].slice(-SPEEDS.length).forEach((option, i) => { option.value = SPEEDS[i]; });
  options($('task'), site.tasks ?? []);
  const setting = dream?.settingSpecs[0];
  $('setting-choice').hidden = !setting;
  if (!setting) return;
  $('setting-name').textContent = setting.name[0].toUpperCase() + setting.name.slice(1);
  $('setting').value = $('setting-value').textContent = setting.default;
  $('setting').addEventListener('input', () => {
    dream.settings[setting.name] = Number($('setting').value);
    $('setting-value').textContent = $('setting').value;
  });
}

function listen() {
  $('view').addEventListener('change', () => show($('view').selectedIndex));
  $('who').addEventListener('change', () => enqueue(() => say(`${$('who').value}.`)));
  $('task').addEventListener('change', () => view.setTask($('task').selectedIndex));
  $('play').addEventListener('click', () => running ? pause() : run());
  $('step').addEventListener('click', () => { pause(); enqueue(() => advance(true)); });
  $('restart').addEventListener('click', () => { seed++; enqueue(restart); });
  $('measure').addEventListener('click', () => { pause(); enqueue(report); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => enqueue(draw));
  addEventListener('resize', () => enqueue(draw));
  document.addEventListener('visibilitychange', () => { if (document.hidden) pause(); });
}

/** Shows a view from its beginning. */
function show(index) {
  pause();
  return enqueue(async () => {
    view = views[index] ?? views[0];
    $('view').selectedIndex = views.indexOf(view);
    curves = view.curves.map(({ title, names }) => new Curve(title, names));
    $('curves').replaceChildren(...curves.map(curve => curve.element));
    stage.show(view);
    $('who-choice').hidden = !view.isPlayable;
    $('task-choice').hidden = !view.tasks?.length;
    options($('who'), view.isPlayable ? ['I play', view.player] : []);
    $('who').selectedIndex = view.isPlayable && view.hasAgent ? 1 : 0;
    $('pad').replaceChildren();
    if (view.isPlayable) steering.addButtons($('pad'));
    $('help').textContent = view.isPlayable ? help() : '';
    await restart();
  });
}

function help() {
  const keys = steering.moves.map(move => move.key.replace('Arrow', '').toLowerCase());
  return `Keys while the picture has the focus: ${keys.join(', ')}; or hold a finger on the picture, or a button below. `
    + 'While it does not play, each press is one step.';
}

async function restart() {
  steering.releaseAll();
  await view.restart(seed);
  draw();
  say(`${view.constructor.title}: at the beginning${view.isPlayable ? `, seed ${seed}` : ''}.`);
}

/** One step of the view; by words too, where it stands still between steps. */
async function advance(aloud, key = null) {
  if (view.ending) return say(`${view.ending} Start again for another.`);
  const begun = performance.now(), person = view.isPlayable && $('who').selectedIndex === 0;
  await view.advance(person ? steering.take(key) : null);
  timing.model += 0.1 * (performance.now() - begun - timing.model);
  draw();
  if (view.ending) {
    pause();
    say(view.ending);
  } else if (aloud) {
    say(view.facts.slice(0, 4).map(([name, value]) => `${name}: ${value}`).join(', '));
  }
}

/** A person's press takes the game over; where nothing runs, it is a step. */
function pressed(key) {
  $('who').selectedIndex = 0;
  if (running || waiting > 1) return; // a key that is held repeats, perhaps faster than the model
  waiting++;
  enqueue(() => advance(true, key)).then(() => waiting--);
}

async function run() {
  const mine = ++runs; // another press of the button ends this one
  running = true;
  $('play').textContent = 'Pause';
  say('Playing.');
  if (view.isPlayable && $('who').selectedIndex === 0) $('stage').focus({ preventScroll: true });
  if (view.ending) await enqueue(() => { seed++; return restart(); });
  while (running && mine === runs) {
    const begun = performance.now();
    await enqueue(() => running && advance(false));
    const wait = 1000 / Number($('speed').value) - (performance.now() - begun);
    await new Promise(resolve => wait > 4 ? setTimeout(resolve, wait) : requestAnimationFrame(resolve));
    timing.shown = [...timing.shown.filter(time => time > begun - 1000), begun];
  }
}

function pause() {
  if (running) say('Paused.');
  running = false;
  timing.shown = [];
  $('play').textContent = 'Play';
}

function draw() {
  stage.draw(view);
  curves.forEach((curve, i) => curve.draw(view.lines[i]));
  $('facts').replaceChildren(...view.facts.map(([name, value]) => {
    const fact = document.createElement('div');
    fact.append(element('dt', name), element('dd', value));
    return fact;
  }));
  $('policy').replaceChildren(...(view.policy ?? []).flatMap((share, i) => {
    const meter = Object.assign(document.createElement('meter'), { value: share });
    meter.setAttribute('aria-label', site.actionNames[i]);
    return [element('span', site.actionNames[i]), meter, element('span', `${Math.round(100 * share)} %`)];
  }));
  if (running && timing.shown.length > 2)
    $('speed-report').textContent = `${timing.shown.length} steps a second, of which the model takes ${timing.model.toFixed(1)} ms each.`;
}

async function report() {
  say('Measuring for two seconds …');
  const milliseconds = await measure(views[0]);
  const text = `${Math.round(1000 / milliseconds)} frames a second: ${milliseconds.toFixed(2)} ms each, one after another, not drawn.`;
  $('speed-report').textContent = text;
  say(text);
  await view.restart(seed);
  draw();
}

function say(text) {
  $('state').textContent = text;
}

/** What runs the model runs one after another. */
function enqueue(work) {
  busy = busy.then(work).catch(fail);
  return busy;
}

function fail(error) {
  pause();
  say(`It does not work here: ${error.message}`);
  console.error(error);
}

function options(select, texts) {
  select.replaceChildren(...texts.map(text => new Option(text)));
}

function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}
