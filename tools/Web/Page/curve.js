// Small curves of numbers over time, with their last values in words.

const STEPS = 200;

/** A figure with curves of up to two lines, each of its own stroke. */
export class Curve {
  #canvas = document.createElement('canvas');
  #values;

  constructor(title, names) {
    [this.title, this.names] = [title, names];
    this.element = document.createElement('figure');
    this.element.className = 'curve';
    const caption = document.createElement('figcaption');
    caption.append(Object.assign(document.createElement('b'), { textContent: title }));
    this.#values = names.map((name, i) => {
      const value = Object.assign(document.createElement('span'), { className: `line${i}` });
      caption.append(' ', value);
      return value;
    });
    this.#canvas.setAttribute('role', 'img');
    this.element.append(caption, this.#canvas);
  }

  /** Draws the last steps of each line; null is a gap. */
  draw(lines) {
    lines.forEach((line, i) => { this.#values[i].textContent = `${this.names[i]} ${text(line.at(-1))}`; });
    const canvas = this.#canvas, scale = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    [canvas.width, canvas.height] = [width * scale, height * scale];
    const context = canvas.getContext('2d'), style = getComputedStyle(this.element);
    const shown = lines.map(line => line.slice(-STEPS)), numbers = shown.flat().filter(value => value !== null);
    const low = Math.min(0, ...numbers), high = Math.max(low + 1e-3, ...numbers);
    canvas.setAttribute('aria-label', `${this.title} of the last ${shown[0].length} steps, from ${text(low)} to ${text(high)}`);
    context.scale(scale, scale);
    const y = value => height - 4 - (height - 8) * (value - low) / (high - low);
    context.strokeStyle = style.getPropertyValue('--rule');
    stroke(context, [[0, y(0)], [width, y(0)]]);
    shown.forEach((line, i) => {
      context.strokeStyle = style.getPropertyValue(`--line${i}`);
      context.lineWidth = 2;
      context.setLineDash(i === 0 ? [] : [5, 4]);
      stroke(context, line.map((value, t) => value === null ? null : [t * width / STEPS, y(value)]));
    });
  }
}

/** A number in few letters. */
export function text(value) {
  if (value === null || value === undefined) return '–';
  return Number(value).toLocaleString('en', { maximumSignificantDigits: 3 }).replace('-', '−');
}

function stroke(context, points) {
  context.beginPath();
  points.forEach((point, i) => {
    if (!point) return;
    if (points[i - 1]) context.lineTo(...point); else context.moveTo(...point);
  });
  context.stroke();
}
