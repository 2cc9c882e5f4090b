import { basename } from 'node:path';
import { InvalidOnnxFileError } from '../model-store.errors.js';
import { quote } from '../quote.js';
import { FileWindow } from './file-window.js';
import { fieldsOf } from './message.js';
import type { Message, MessageField } from './message.js';

/** An input or output of an ONNX model. */
export interface OnnxValue {
  readonly name: string;
  /** `float32`, `string` …; `sequence` or `map` for what is no tensor. */
  readonly dtype: string;
  /** Sizes of the dimensions; the name of a free one, or -1 where it has none. */
  readonly shape: readonly (number | string)[];
}

/** What an .onnx file tells of itself. */
export interface OnnxFile {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Version of the operators, of ONNX's own ones as `ai.onnx`. */
  readonly opset: Readonly<Record<string, number>>;
  /** Files beside it that hold its weights, by name from its folder on. */
  readonly externalFiles: readonly string[];
}

// Numbers of the fields in onnx.proto3.
const MODEL = { graph: 7, opset: 8, training: 20, function: 25 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const TRAINING = { initialization: 1, algorithm: 2 };
const FUNCTION = { node: 7 };
const NODE = { attribute: 5 };
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 };
const SPARSE = { values: 1, indices: 2 };
const TENSOR = { name: 8, externalData: 13 };
const ENTRY = { key: 1, value: 2 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1, sequence: 4, map: 5 };
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIM = { value: 1, param: 2 };

const DTYPES =
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16'.split(
    ' ',
  );
/** More inputs or outputs has no model, but a file made to fill memory may. */
const MAX_VALUES = 10_000;

/**
 * Reads inputs, outputs, opset and the names of external data from an .onnx file, in constant memory.
 *
 * @param name What its owner calls it.
 * @throws InvalidOnnxFileError when it is none, or the half of one.
 */
export function readOnnxFile(path: string, name = basename(path)): OnnxFile {
  try {
    return FileWindow.with(path, (file) => new Reader(file).read());
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InvalidOnnxFileError(
      `Expected ${quote(name)} to be an ONNX model, got a file that is another or ends too early. Copy or export it again.`,
      { cause },
    );
  }
}

class Reader {
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly opset: Record<string, number> = {};
  private readonly initializers = new Set<string>();
  private readonly externalFiles = new Set<string>();

  constructor(private readonly file: FileWindow) {}

  read(): OnnxFile {
    let hasGraph = false;
    for (const field of this.fields({ start: 0, end: this.file.size })) {
      if (field.number === MODEL.opset) this.readOpset(field);
      if (field.number === MODEL.function) this.each(field, FUNCTION.node, this.readNode);
      if (field.number === MODEL.training) {
        this.each(field, TRAINING.initialization, this.readWeights);
        this.each(field, TRAINING.algorithm, this.readWeights);
      }
      if (field.number !== MODEL.graph) continue;
      hasGraph = true;
      this.readGraph(field);
    }
    if (!hasGraph || this.outputs.length === 0 || Object.keys(this.opset).length === 0) {
      throw new RangeError('Expected a graph with outputs and an opset.');
    }
    return {
      // Old models list their weights among the inputs.
      inputs: this.inputs.filter(({ name }) => !this.initializers.has(name)),
      outputs: this.outputs,
      opset: this.opset,
      externalFiles: [...this.externalFiles],
    };
  }

  private readGraph(graph: Message): void {
    this.readWeights(graph);
    for (const field of this.fields(graph)) {
      if (field.number === GRAPH.initializer) this.initializers.add(this.text(field, TENSOR.name));
      else if (field.number === GRAPH.sparseInitializer) {
        const values = this.child(field, SPARSE.values);
        if (values !== undefined) this.initializers.add(this.text(values, TENSOR.name));
      } else if (field.number === GRAPH.input) this.add(this.inputs, field);
      else if (field.number === GRAPH.output) this.add(this.outputs, field);
    }
  }

  private readOpset(message: Message): void {
    const domain = this.text(message, OPSET.domain);
    this.opset[domain === '' ? 'ai.onnx' : domain] = this.number(message, OPSET.version) ?? 0;
  }

  // Every tensor of a model can lie in a file of its own, wherever in the graph it is.

  private readonly readWeights = (graph: Message): void => {
    this.each(graph, GRAPH.initializer, this.readTensor);
    this.each(graph, GRAPH.sparseInitializer, this.readSparse);
    this.each(graph, GRAPH.node, this.readNode);
  };

  private readonly readNode = (node: Message): void => {
    this.each(node, NODE.attribute, this.readAttribute);
  };

  private readonly readAttribute = (attribute: Message): void => {
    for (const field of this.fields(attribute)) {
      const { number } = field;
      if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) this.readTensor(field);
      else if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) this.readWeights(field);
      else if (number === ATTRIBUTE.sparse || number === ATTRIBUTE.sparses) this.readSparse(field);
    }
  };

  private readonly readSparse = (sparse: Message): void => {
    this.each(sparse, SPARSE.values, this.readTensor);
    this.each(sparse, SPARSE.indices, this.readTensor);
  };

  private readonly readTensor = (tensor: Message): void => {
    this.each(tensor, TENSOR.externalData, (entry) => {
      if (this.text(entry, ENTRY.key) !== 'location') return;
      this.externalFiles.add(this.text(entry, ENTRY.value));
    });
  };

  private each(message: Message, number: number, read: (part: Message) => void): void {
    for (const field of this.fields(message)) if (field.number === number) read(field);
  }

  private add(values: OnnxValue[], message: Message): void {
    if (values.length === MAX_VALUES) throw new RangeError('Expected fewer inputs and outputs.');
    const type = this.child(message, VALUE.type);
    values.push({ name: this.text(message, VALUE.name), ...this.readType(type) });
  }

  private readType(type: Message | undefined): Pick<OnnxValue, 'dtype' | 'shape'> {
    if (type === undefined) return { dtype: 'undefined', shape: [] };
    if (this.child(type, TYPE.sequence) !== undefined) return { dtype: 'sequence', shape: [] };
    if (this.child(type, TYPE.map) !== undefined) return { dtype: 'map', shape: [] };
    const tensor = this.child(type, TYPE.tensor);
    if (tensor === undefined) return { dtype: 'undefined', shape: [] };
    const shape = this.child(tensor, TENSOR_TYPE.shape);
    const dims = shape === undefined ? [] : [...this.fields(shape)];
    return {
      dtype: DTYPES[this.number(tensor, TENSOR_TYPE.elementType) ?? 0] ?? 'undefined',
      shape: dims.filter(({ number }) => number === SHAPE.dim).map((dim) => this.readDim(dim)),
    };
  }

  private readDim(dim: Message): number | string {
    const value = this.number(dim, DIM.value);
    if (value === undefined) return this.text(dim, DIM.param) || -1;
    // A negative one, by which exporters write an unknown dimension: 64 bits without a sign here.
    return value >= 2 ** 63 ? -1 : value;
  }

  private fields(message: Message): Generator<MessageField> {
    return fieldsOf(this.file, message);
  }

  private child(message: Message, number: number): MessageField | undefined {
    for (const field of this.fields(message)) if (field.number === number) return field;
    return undefined;
  }

  private number(message: Message, number: number): number | undefined {
    return this.child(message, number)?.value;
  }

  private text(message: Message, number: number): string {
    const field = this.child(message, number);
    return field === undefined ? '' : this.textOf(field);
  }

  private textOf({ start, end }: Message): string {
    return this.file.textAt(start, end - start);
  }
}
