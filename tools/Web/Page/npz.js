// numpy's .npz: a zip of .npy arrays, stored or deflated.

const END = 0x06054b50, ENTRY = 0x02014b50, STORED = 0, DEFLATED = 8;

const TYPES = {
  '<f4': Float32Array, '<f8': Float64Array, '<i8': BigInt64Array, '<i4': Int32Array, '|u1': Uint8Array, '|b1': Uint8Array,
};

/** The arrays of an .npz by name, each { shape, data }. */
export async function readNpz(buffer) {
  const view = new DataView(buffer), arrays = {};
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error('This is no .npz: it has no directory of a zip at its end.');
  const count = view.getUint16(end + 10, true);
  for (let i = 0, at = view.getUint32(end + 16, true); i < count; i++) {
    if (view.getUint32(at, true) !== ENTRY) throw new Error('The directory of the .npz is damaged.');
    const method = view.getUint16(at + 10, true), size = view.getUint32(at + 20, true), nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(new Uint8Array(buffer, at + 46, nameLength));
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const bytes = new Uint8Array(buffer, start, size);
    arrays[name.replace(/\.npy$/, '')] = readNpy(method === DEFLATED ? await inflate(bytes) : stored(method, bytes), name);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}

function stored(method, bytes) {
  if (method !== STORED) throw new Error(`The .npz is compressed by method ${method}: expected stored or deflated entries.`);
  return bytes.slice().buffer;
}

function inflate(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer();
}

function readNpy(buffer, name) {
  const view = new DataView(buffer), wide = view.getUint8(6) > 1; // from version 2 on, the header's length has four bytes
  const start = wide ? 12 : 10, length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, start, length));
  const type = /'descr': *'([^']*)'/.exec(header)?.[1], Array = TYPES[type];
  if (!Array) throw new Error(`Array '${name}' has elements of type ${type}: expected one of ${Object.keys(TYPES).join(', ')}.`);
  if (/'fortran_order': *True/.test(header)) throw new Error(`Array '${name}' is in Fortran order, which is not read here.`);
  const shape = (/'shape': *\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter(part => part.trim()).map(Number);
  return { shape, data: new Array(buffer.slice(start + length)) };
}
