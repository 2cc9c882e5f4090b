import { importPeer } from 'bentonest/errors';
import { RunnableMethod } from 'bentonest/runnable';
import type { MethodDescription, Runnable } from 'bentonest/runnable';
import { NdArray, isDType } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node';
import { UnsupportedModelError } from './onnx.errors.js';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/** What the API process sends to the worker. */
export interface OnnxRunnableOptions {
  readonly file: string;
  readonly executionProviders: readonly string[];
  readonly threads: number;
}

type Feeds = NdArray | Readonly<Record<string, NdArray>>;

/** Holds an onnxruntime session. Lives in the worker: an inference blocks its event loop. */
export class OnnxRunnable implements Runnable {
  private session: InferenceSession;
  private tensorClass: TensorConstructor;
  private model: OnnxMetadata;

  constructor(private readonly options: OnnxRunnableOptions) {}

  async setup(): Promise<void> {
    const { file, executionProviders, threads } = this.options;
    const load = (): Promise<typeof import('onnxruntime-node')> => import('onnxruntime-node');
    const ort = await importPeer('onnxruntime-node', 'onnxRunner', load);
    this.tensorClass = ort.Tensor;
    this.session = await ort.InferenceSession.create(file, {
      executionProviders: [...executionProviders],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    this.model = {
      inputs: this.session.inputMetadata.map((value) => toValue(value, 'input')),
      outputs: this.session.outputMetadata.map((value) => toValue(value, 'output')),
    };
  }

  metadata(): OnnxMetadata {
    return this.model;
  }

  /** A model with a fixed first dimension takes exactly that: its calls cannot be joined. */
  describeMethods(declared: readonly MethodDescription[]): readonly MethodDescription[] {
    const values = [...this.model.inputs, ...this.model.outputs];
    const batchable = values.every(({ shape }) => typeof shape[0] === 'string');
    return declared.map((method) => ({ ...method, batchable }));
  }

  @RunnableMethod({ batchable: true })
  async predict(input: Feeds): Promise<NdArray> {
    const name = this.session.outputNames[0];
    const outputs = await this.session.run(this.toFeeds(input), [name]);
    return toNdArray(outputs[name]);
  }

  @RunnableMethod({ batchable: true })
  async run(input: Feeds): Promise<Record<string, NdArray>> {
    const outputs = await this.session.run(this.toFeeds(input));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, toNdArray(tensor)]),
    );
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private toFeeds(input: Feeds): Record<string, Tensor> {
    const named = input instanceof NdArray ? { [this.session.inputNames[0]]: input } : input;
    return Object.fromEntries(
      Object.entries(named).map(([name, { dtype, data, shape }]) => [
        name,
        new this.tensorClass(dtype, data, shape),
      ]),
    );
  }
}

function toValue(value: InferenceSession.ValueMetadata, role: 'input' | 'output'): OnnxValue {
  if (!value.isTensor) {
    throw new UnsupportedModelError(
      `The model's ${role} "${value.name}" is a sequence or a map, expected a tensor. Convert the model without ZipMap: to_onnx(model, X, options={'zipmap': False}).`,
    );
  }
  return { name: value.name, dtype: toDType(value.type, value.name), shape: value.shape };
}

function toDType(type: string, name: string): DType {
  if (isDType(type)) return type;
  throw new UnsupportedModelError(
    `The model's "${name}" has dtype ${type}, which is not supported.`,
  );
}

function toNdArray({ type, data, dims }: Tensor): NdArray {
  const dtype = toDType(type, 'output');
  // Runtimes that have a Float16Array hand that out; an NdArray holds the halves' bits.
  const isHalves =
    dtype === 'float16' && !(data instanceof Uint16Array) && ArrayBuffer.isView(data);
  const bits = isHalves ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return new NdArray(dtype, bits, dims);
}
