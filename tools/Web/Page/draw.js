// What is seen, on a canvas: pictures as they are, some simulators as we draw them from their numbers, and else bars of the numbers.

const GROUND = '#f4f4f0', FIXED = '#9a9a92', CART = '#3b4252', POLE = '#c8813c', JOINT = '#22262e';

/** Draws what a site's observations are. */
export function drawObservation(canvas, site, observation) {
  const shape = site.picture;
  if (shape) drawPicture(canvas, shape, site.bounds, observation);
  else if (site.drawing) drawings[site.drawing](canvas, observation);
  else drawBars(canvas, site.observationNames, observation);
}

/** Draws a frame of a sheet of pictures, which lie in rows of equal frames. */
export function drawFrame(canvas, { image, width, height, columns }, index) {
  const context = sized(canvas, width, height);
  context.drawImage(image, (index % columns) * width, Math.floor(index / columns) * height, width, height, 0, 0, width, height);
}

function drawPicture(canvas, [channels, height, width], [low, high], observation) {
  const context = sized(canvas, width, height), pixels = context.createImageData(width, height), plane = width * height;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) {
      const value = observation[channels === 1 ? i : c * plane + i];
      pixels.data[4 * i + c] = 255 * (value - low) / (high - low); // clamped and rounded by the array
    }
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

// Simulators in their own units, metres with y upwards, from what is observed of them.
const drawings = {
  /** The control suite's: position, cosine and sine of the angle from upright, velocities. */
  swingup: (canvas, [x, cosine, sine]) => drawCart(canvas, x, Math.atan2(sine, cosine), 1.8),
  /** Gymnasium's: position, velocity, angle from upright, angular velocity. */
  balance: (canvas, [x, , angle]) => drawCart(canvas, x, angle, 2.4),
  /** Cosine and sine of the angle from upright, velocity. */
  pendulum: (canvas, [cosine, sine]) => drawPendulum(canvas, Math.atan2(sine, cosine)),
};

function drawCart(canvas, x, angle, end) {
  const scene = new Scene(canvas, end + 0.7, 1.35);
  scene.rod(FIXED, -end, 0, end, 0, 0.02);
  scene.rod(FIXED, -end, -0.12, -end, 0.12, 0.02);
  scene.rod(FIXED, end, -0.12, end, 0.12, 0.02);
  scene.box(CART, x - 0.25, -0.12, x + 0.25, 0.12);
  scene.rod(POLE, x, 0, x + Math.sin(angle), Math.cos(angle), 0.05);
  scene.disc(JOINT, x, 0, 0.04);
}

function drawPendulum(canvas, angle) {
  const scene = new Scene(canvas, 2.1, 1.35);
  scene.rod(POLE, 0, 0, Math.sin(angle), Math.cos(angle), 0.09);
  scene.disc(JOINT, 0, 0, 0.05);
}

/** A canvas in metres, the origin in its middle. */
class Scene {
  #context;
  #scale;

  constructor(canvas, halfWidth, halfHeight) {
    const width = 640, scale = this.#scale = width / (2 * halfWidth);
    const context = this.#context = sized(canvas, width, Math.round(2 * halfHeight * scale));
    context.fillStyle = GROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, -scale, canvas.width / 2, canvas.height / 2);
    context.lineCap = 'round';
  }

  rod(colour, x1, y1, x2, y2, radius) {
    const context = this.#context;
    [context.strokeStyle, context.lineWidth] = [colour, 2 * radius];
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  box(colour, left, bottom, right, top) {
    this.#context.fillStyle = colour;
    this.#context.fillRect(left, bottom, right - left, top - bottom);
  }

  disc(colour, x, y, radius) {
    this.#context.fillStyle = colour;
    this.#context.beginPath();
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#context.fill();
  }
}

/** A bar for each number, as long as it is large beside the largest that was there so far. */
function drawBars(canvas, names, observation) {
  const line = 26, width = 480, left = 150, middle = left + (width - left) / 2;
  const context = sized(canvas, width, line * names.length + 8);
  const largest = canvas.largest = names.map((_, i) => Math.max(Math.abs(observation[i]), canvas.largest?.[i] ?? 1e-6));
  context.fillStyle = GROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = '14px system-ui, sans-serif';
  context.textBaseline = 'middle';
  names.forEach((name, i) => {
    const y = 4 + i * line, length = observation[i] / largest[i] * (width - left) / 2;
    context.fillStyle = POLE;
    context.fillRect(Math.min(middle, middle + length), y + 5, Math.abs(length), line - 10);
    context.fillStyle = JOINT;
    context.fillRect(middle, y, 1, line);
    context.fillText(`${name}  ${observation[i].toFixed(2)}`, 8, y + line / 2, left - 12);
  });
}

function sized(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  context.setTransform(1, 0, 0, 1, 0, 0);
  return context;
}
