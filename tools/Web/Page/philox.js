// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), as WorldModels.Runtime.Philox documents it: the
// same seed, row, step and stream give the same bits here and there. All is float32, each operation rounded once by Math.fround.

const round = Math.fround;
const MULTIPLIERS = [0xD2511F53, 0xCD9E8D57], WEYL = [0x9E3779B9, 0xBB67AE85], ROUNDS = 10;
const ULP24 = 1 / 16777216;

// ln(1 + x) / x = 1 - x / 2 + x^2 P(x): the coefficients of Cephes' logf, highest power first.
const LOG = Float32Array.of(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1);

// erfinv(x) / x in w - 2.5 where w = -ln(1 - x^2) < 5, in sqrt(w) - 3 beyond. M. Giles, GPU Computing Gems 2, 2010.
const CENTRE = Float32Array.of(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941);
const TAIL = Float32Array.of(-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682);

const bits = new DataView(new ArrayBuffer(4));

/** The number of a named stream: FNV-1a, 32 bits, of its UTF-8 name. */
export function stream(name) {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** One block: ten rounds over a counter of four words with a key of two; four words. */
export function block(c0, c1, c2, c3, k0, k1) {
  for (let i = 0; i < ROUNDS; i++) {
    const high0 = multiplyHigh(c0, MULTIPLIERS[0]), low0 = Math.imul(c0, MULTIPLIERS[0]) >>> 0;
    const high1 = multiplyHigh(c2, MULTIPLIERS[1]), low1 = Math.imul(c2, MULTIPLIERS[1]) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Fills a Float32Array with draws of a kind: gaussian, gumbel or uniform. The seed is a whole number or a BigInt. */
export function fill(kind, { seed, row = 0, step, stream: number }, draws) {
  const draw = { gaussian, gumbel, uniform }[kind];
  const [k0, k1] = key(seed);
  for (let i = 0; i < draws.length; i += 4) {
    const words = block(i / 4, step, row, number, k0, k1);
    for (let j = 0; j < 4 && i + j < draws.length; j++) draws[i + j] = draw(words[j]);
  }
}

/** One whole number below bound, of the first word. */
export function nextInt({ seed, row = 0, step, stream: number }, bound) {
  const [k0, k1] = key(seed);
  return multiplyHigh(block(0, step, row, number, k0, k1)[0], bound);
}

/** (word >> 8) 2^-24, in [0, 1). */
export function uniform(word) {
  return (word >>> 8) * ULP24;
}

/** -ln(-ln u) with u = (2 (word >> 9) + 1) 2^-24. */
export function gumbel(word) {
  return -ln(-ln(((word >>> 9) * 2 + 1) * ULP24));
}

/** sqrt(2) erfinv(x) with x = (2 (word >> 8) + 1 - 2^24) 2^-24. */
export function gaussian(word) {
  // In float32 twice the word is exact, and so is the sum with a number of the same size and other sign, or is rounded once.
  const x = round(round((word >>> 8) * 2 + round(1 - 16777216)) * ULP24);
  const w = -ln(round(round(1 - x) * round(1 + x)));
  const factor = w < 5 ? polynomial(CENTRE, round(w - 2.5)) : polynomial(TAIL, round(round(Math.sqrt(w)) - 3));
  return round(round(factor * x) * round(1.41421356));
}

function key(seed) {
  const whole = BigInt(seed);
  return [Number(whole & 0xFFFFFFFFn), Number((whole >> 32n) & 0xFFFFFFFFn)];
}

/** The high 32 bits of a product of two 32-bit numbers, by halves, so that every part is exact. */
function multiplyHigh(a, b) {
  const aLow = a & 0xFFFF, aHigh = a >>> 16, bLow = b & 0xFFFF, bHigh = b >>> 16;
  const middle = aHigh * bLow + Math.floor(aLow * bLow / 65536);
  const other = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
}

/** The natural logarithm of a positive normal float32. */
function ln(value) {
  // value = 2^e (1 + x) with 1 + x in [sqrt(1/2), sqrt(2)): subtracting the bits of sqrt(1/2) carries into the exponent just there.
  const half = 0x3F3504F3;
  bits.setFloat32(0, value);
  const shifted = (bits.getInt32(0) - half) | 0;
  const e = shifted >> 23;
  bits.setInt32(0, (shifted & 0x007FFFFF) + half);
  const x = round(bits.getFloat32(0) - 1), square = round(x * x);
  let y = round(round(polynomial(LOG, x) * x) * square);
  y = round(y + round(e * round(-2.12194440e-4))); // ln 2 in two parts, so that the larger is exact
  y = round(y - round(square * 0.5));
  return round(round(x + y) + round(e * round(0.693359375)));
}

function polynomial(coefficients, x) {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = round(round(sum * x) + coefficients[i]);
  return sum;
}
