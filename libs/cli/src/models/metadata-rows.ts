type Row = [name: string, value: string];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** `X float32 [-1, 4]` */
function formatTensors(value: unknown): string {
  if (!Array.isArray(value)) return shown(value);
  return value
    .map((tensor: unknown) => {
      if (!isRecord(tensor) || !Array.isArray(tensor.shape)) return shown(tensor);
      const dimensions = tensor.shape.map((size: unknown) => shown(size)).join(', ');
      return `${shown(tensor.name)} ${shown(tensor.dtype)} [${dimensions}]`;
    })
    .join(', ');
}

/** `ai.onnx 16, ai.onnx.ml 1` */
function formatOpset(value: unknown): string {
  if (!isRecord(value)) return shown(value);
  return Object.entries(value)
    .map(([domain, version]) => `${domain} ${shown(version)}`)
    .join(', ');
}

/** What an import found in an .onnx file, where this is it. */
function onnxRows(onnx: unknown): Row[] | undefined {
  if (!isRecord(onnx) || onnx.inputs === undefined || onnx.outputs === undefined) return undefined;
  return [
    ['Inputs', formatTensors(onnx.inputs)],
    ['Outputs', formatTensors(onnx.outputs)],
    ...(onnx.opset === undefined ? [] : [['Opset', formatOpset(onnx.opset)] satisfies Row]),
  ];
}

/** The metadata of a model as rows of a table. */
export function metadataRows(metadata: Readonly<Record<string, unknown>>): Row[] {
  return Object.entries(metadata).flatMap(([key, value]) => {
    const rows = key === 'onnx' ? onnxRows(value) : undefined;
    return rows ?? [[key, shown(value)] satisfies Row];
  });
}
