import { encodeBytesField, readFields } from './protobuf.js';
import type { Field } from './protobuf.js';

/** Numbers of the fields that are read here, from onnx.proto; they cannot change. */
const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, attribute: 5 };
const ATTRIBUTE = { graph: 6, graphs: 11 };
const TENSOR = { name: 8 };
const VALUE_INFO = { name: 1 };

interface Node {
  readonly field: Field;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The ONNX model with the given outputs only, and without the nodes and weights that no longer count.
 * onnxruntime would compute them: it runs the whole graph, whichever outputs are fetched.
 *
 * @returns undefined where nothing can be left out, an output is unknown or the bytes are no model.
 */
export function selectOutputs(
  model: Uint8Array,
  outputs: readonly string[],
): Uint8Array | undefined {
  try {
    const fields = [...readFields(model, 0, model.length)];
    const graphs = fields.filter((field) => field.number === MODEL.graph);
    // A message may come in several parts; nobody writes models that way.
    if (graphs.length !== 1) return undefined;
    const kept = keepGraphFields(model, graphs[0], new Set(outputs));
    if (kept === undefined) return undefined;
    return Buffer.concat(
      fields.map((field) =>
        field === graphs[0]
          ? encodeBytesField(MODEL.graph, kept)
          : model.subarray(field.start, field.end),
      ),
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function keepGraphFields(
  bytes: Uint8Array,
  graph: Field,
  outputs: ReadonlySet<string>,
): Uint8Array[] | undefined {
  const fields = [...fieldsOf(bytes, graph)];
  const nodes = fields
    .filter((field) => field.number === GRAPH.node)
    .map((field) => readNode(bytes, field));
  const namesOf = (number: number): ReadonlySet<string> =>
    new Set(
      fields
        .filter((field) => field.number === number)
        .map((field) => nameOf(bytes, field, VALUE_INFO.name)),
    );
  const known = namesOf(GRAPH.output);
  if (![...outputs].every((name) => known.has(name))) return undefined;
  const { kept, needed } = keepNodes(nodes, outputs);
  if (kept.size === nodes.length) return undefined;
  // Before IR version 4 weights are inputs as well: without its value such an input must be fed.
  const inputs = namesOf(GRAPH.input);
  const isKept = (field: Field): boolean => {
    if (field.number === GRAPH.node) return kept.has(field);
    if (field.number === GRAPH.output) return outputs.has(nameOf(bytes, field, VALUE_INFO.name));
    if (field.number !== GRAPH.initializer) return true;
    const name = nameOf(bytes, field, TENSOR.name);
    return needed.has(name) || inputs.has(name);
  };
  return fields.filter(isKept).map((field) => bytes.subarray(field.start, field.end));
}

/** Nodes that the outputs depend on, and the names of all values on the way. */
function keepNodes(
  nodes: readonly Node[],
  outputs: ReadonlySet<string>,
): { kept: ReadonlySet<Field>; needed: ReadonlySet<string> } {
  const kept = new Set<Field>();
  const needed = new Set(outputs);
  // In a sorted graph, as the standard wants it, the second round finds nothing more.
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    for (const node of nodes.toReversed()) {
      if (kept.has(node.field) || !node.outputs.some((name) => needed.has(name))) continue;
      kept.add(node.field);
      for (const name of node.inputs) needed.add(name);
    }
  }
  return { kept, needed };
}

/** A node with its subgraphs' names among the inputs: they may mean values of the graph around. */
function readNode(bytes: Uint8Array, field: Field): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  for (const part of fieldsOf(bytes, field)) {
    if (part.number === NODE.input) inputs.push(textOf(bytes, part));
    else if (part.number === NODE.output) outputs.push(textOf(bytes, part));
    else if (part.number === NODE.attribute) inputs.push(...namesInSubgraphs(bytes, part));
  }
  // An output that is left out has the name ''.
  return { field, inputs, outputs: outputs.filter((name) => name !== '') };
}

function namesInSubgraphs(bytes: Uint8Array, attribute: Field): string[] {
  return [...fieldsOf(bytes, attribute)]
    .filter(({ number }) => number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs)
    .flatMap((graph) => [...fieldsOf(bytes, graph)])
    .filter(({ number }) => number === GRAPH.node)
    .flatMap((node) => readNode(bytes, node).inputs);
}

function fieldsOf(bytes: Uint8Array, message: Field): Iterable<Field> {
  return readFields(bytes, message.valueStart, message.end);
}

function nameOf(bytes: Uint8Array, message: Field, number: number): string {
  for (const field of fieldsOf(bytes, message)) {
    if (field.number === number) return textOf(bytes, field);
  }
  return '';
}

function textOf(bytes: Uint8Array, field: Field): string {
  return Buffer.from(
    bytes.buffer,
    bytes.byteOffset + field.valueStart,
    field.end - field.valueStart,
  ).toString();
}
