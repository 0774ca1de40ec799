'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const figures = [...document.querySelectorAll('figure')];
const choice = document.getElementById('metric');
const hidden = new Set();

function choose() {
  const names = choice.value.split('\n');
  for (const figure of figures) figure.hidden = !names.includes(figure.dataset.metric);
}

function toggle(button) {
  const colour = button.dataset.colour;
  if (!hidden.delete(colour)) hidden.add(colour);
  button.setAttribute('aria-pressed', String(!hidden.has(colour)));
  for (const group of document.querySelectorAll('.group'))
    group.classList.toggle('off', hidden.has(group.dataset.colour));
}

// The value on the straight line between the neighbours of x; the neighbours are found by bisection.
function at(xs, ys, x) {
  let low = 0, high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle; else high = middle;
  }
  return high === low || x >= xs[high] ? ys[high] : ys[low] + (ys[high] - ys[low]) * (x - xs[low]) / (xs[high] - xs[low]);
}

const number = value => value.toLocaleString('en', { maximumSignificantDigits: 4 });

function read(figure, plot, event) {
  const svg = figure.querySelector('.plot'), cross = svg.querySelector('.cross'), box = figure.querySelector('.readout');
  const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
  const px = (event.clientX - frame.left) / scale, py = (event.clientY - frame.top) / scale;
  const inside = px >= plot.left && px <= plot.right && py >= plot.top && py <= plot.bottom;
  const x = plot.x[0] + (px - plot.left) / (plot.right - plot.left) * (plot.x[1] - plot.x[0]);
  const rows = !inside ? [] : plot.groups
    .filter(group => !hidden.has(String(group.colour)) && x >= group.x[0] && x <= group.x[group.x.length - 1])
    .map(group => ({ group, mean: at(group.x, group.mean, x) })).sort((a, b) => b.mean - a.mean);
  box.hidden = rows.length === 0;
  cross.classList.toggle('off', rows.length === 0);
  if (rows.length === 0) return;
  cross.setAttribute('x1', px);
  cross.setAttribute('x2', px);
  const head = document.createElement('b');
  head.textContent = `${Math.round(x).toLocaleString('en')} ${plot.steps}`;
  const table = document.createElement('table');
  for (const { group, mean } of rows) {
    const row = table.insertRow();
    const name = row.insertCell(), value = row.insertCell(), range = row.insertCell();
    name.className = `c${group.colour % 10}`;
    name.textContent = group.label;
    value.textContent = number(mean);
    const within = part => part && x >= part.x[0] && x <= part.x[part.x.length - 1];
    const parts = [];
    if (within(group.range))
      parts.push(`${number(at(group.range.x, group.range.low, x))} to ${number(at(group.range.x, group.range.high, x))}`);
    if (within(group.middle)) parts.push(`${group.middle.name} ${number(at(group.middle.x, group.middle.y, x))}`);
    range.textContent = parts.join(', ');
  }
  box.replaceChildren(head, table);
  const bounds = figure.getBoundingClientRect(), left = event.clientX - bounds.left;
  box.style.left = `${left + box.offsetWidth + 28 > bounds.width ? Math.max(left - box.offsetWidth - 16, 0) : left + 16}px`;
  box.style.top = `${Math.max(event.clientY - bounds.top - box.offsetHeight / 2, 0)}px`;
}

figures.forEach((figure, i) => {
  const svg = figure.querySelector('.plot');
  svg.addEventListener('pointermove', event => read(figure, data[i], event));
  svg.addEventListener('pointerleave', () => {
    figure.querySelector('.readout').hidden = true;
    svg.querySelector('.cross').classList.add('off');
  });
});
for (const button of document.querySelectorAll('.legend button')) button.addEventListener('click', () => toggle(button));
choice.addEventListener('change', choose);
choose();
