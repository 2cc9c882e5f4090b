/** A field of a protobuf message: text and messages as bytes, numbers as varints below 128. */
export function field(number: number, content: number | string | Buffer): Buffer {
  if (typeof content === 'number') return Buffer.from([number * 8, content]);
  const bytes = Buffer.from(content);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes]);
}

export function value(name: string, type: Buffer): Buffer {
  return Buffer.concat([field(1, name), field(2, type)]);
}

export const TENSOR = field(1, Buffer.concat([field(1, 11), field(2, field(1, field(1, 3)))]));
export const OPSET = field(8, field(2, 17));

export function model(graph: readonly Buffer[]): Buffer {
  return Buffer.concat([field(1, 8), field(7, Buffer.concat(graph)), OPSET]);
}

/** The name of a file that a tensor's bytes are in. */
export function external(file: string): Buffer {
  return field(13, Buffer.concat([field(1, 'location'), field(2, file)]));
}
