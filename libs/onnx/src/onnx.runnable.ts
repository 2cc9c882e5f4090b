import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { importPeer } from 'bentonest/errors';
import { RunnableMethod } from 'bentonest/runnable';
import type { ExampleCall, MethodDescription, Runnable } from 'bentonest/runnable';
import { NdArray } from 'bentonest/tensor';
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node';
import { batchingOf } from './batching.js';
import type { Batching, BatchingOptions, StoredSignature } from './batching.js';
import { exampleArguments } from './example-arguments.js';
import { toLoadError } from './load-error.js';
import type { OnnxMetadata } from './onnx.metadata.js';
import type { OnnxMethods } from './onnx.methods.js';
import { selectOutputs } from './select-outputs.js';
import { readMetadata } from './session-values.js';
import { toNdArray } from './to-nd-array.js';
import { readExample } from './user-examples.js';
import type { PlainExample } from './user-examples.js';
import { verifyDigests } from './verify-digests.js';

/** What the API process sends to the worker, as JSON. */
export interface OnnxRunnableOptions extends BatchingOptions {
  readonly file: string;
  /** By method, from the model store. */
  readonly signatures?: Readonly<Record<string, StoredSignature>>;
  /** Of the files in the model's folder, from the model store. */
  readonly digests?: Readonly<Record<string, string>>;
  readonly executionProviders: readonly (string | { readonly name: string })[];
  readonly threads: number;
  readonly outputs?: readonly string[];
  readonly idempotent?: boolean;
  readonly examples?: readonly PlainExample[];
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
}

/** A tensor, or a record of them by input name. */
type Feed = NdArray | Readonly<Record<string, NdArray>>;

const METHODS = ['predict', 'run'];
const EXTERNAL_DATA_FOLDER = 'session.model_external_initializers_file_folder_path';

/** Holds an onnxruntime session. Lives in the worker: an inference blocks its event loop. */
export class OnnxRunnable implements Runnable, OnnxMethods {
  private ort: typeof import('onnxruntime-node');
  private tensorClass: TensorConstructor;
  private session: InferenceSession;
  private model: OnnxMetadata;
  private readonly batching = new Map<string, Batching>();

  constructor(private readonly options: OnnxRunnableOptions) {}

  async setup(): Promise<void> {
    const { file, outputs } = this.options;
    const load = (): Promise<typeof import('onnxruntime-node')> => import('onnxruntime-node');
    this.ort = await importPeer('onnxruntime-node', 'onnxRunner', load);
    this.tensorClass = this.ort.Tensor;
    try {
      await verifyDigests(dirname(file), this.options.digests);
      this.session = (await this.createSelected()) ?? (await this.createSession(file));
      this.model = readMetadata(this.session, outputs);
      for (const method of METHODS) {
        const { signatures } = this.options;
        this.batching.set(method, batchingOf(method, this.model, this.options, signatures));
      }
    } catch (error) {
      throw toLoadError(error, file);
    }
  }

  metadata(): OnnxMetadata {
    return this.model;
  }

  /** A model with a fixed batch dimension takes exactly that: its calls cannot be joined. */
  describeMethods(declared: readonly MethodDescription[]): readonly MethodDescription[] {
    const { idempotent } = this.options;
    return declared.map((method) => ({
      ...method,
      ...this.batching.get(method.name),
      idempotent,
      // No code of a user's runs in it that could log for a request.
      ignoresOrigins: true,
    }));
  }

  /** Calls that warm a worker up: onnxruntime allocates and tunes in its first run. */
  exampleCalls(): readonly ExampleCall[] {
    const { examples } = this.options;
    if (examples === undefined) {
      // Zeros may be no values that the model takes.
      const args = exampleArguments(this.model);
      return METHODS.map((method) => ({ method, args, optional: true }));
    }
    return examples.flatMap((example) => {
      const args = readExample(example, this.model);
      return METHODS.map((method) => ({ method, args }));
    });
  }

  @RunnableMethod({ batchable: true })
  async predict(...inputs: readonly Feed[]): Promise<NdArray> {
    const [{ name }] = this.model.outputs;
    const outputs = await this.session.run(this.toFeeds(inputs), [name]);
    return toNdArray(outputs[name], name);
  }

  @RunnableMethod({ batchable: true })
  async run(...inputs: readonly Feed[]): Promise<Record<string, NdArray>> {
    const names = this.model.outputs.map(({ name }) => name);
    const outputs = await this.session.run(this.toFeeds(inputs), names);
    return Object.fromEntries(names.map((name) => [name, toNdArray(outputs[name], name)]));
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private createSession(
    model: string | Uint8Array,
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<InferenceSession> {
    const { executionProviders, threads, sessionOptions = {} } = this.options;
    const ours = {
      executionProviders: [...executionProviders],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      extra: { ...(sessionOptions.extra as object | undefined), ...extra },
    };
    const options: InferenceSession.SessionOptions = { ...sessionOptions, ...ours };
    // One overload takes a path, the other bytes; no single one takes both.
    return typeof model === 'string'
      ? this.ort.InferenceSession.create(model, options)
      : this.ort.InferenceSession.create(model, options);
  }

  /**
   * A session that computes the chosen outputs only. Whatever stands against it, such as a model that
   * is damaged or too large for one buffer, the whole file's session answers the same, or says why not.
   */
  private async createSelected(): Promise<InferenceSession | undefined> {
    const { file, outputs } = this.options;
    if (outputs === undefined) return undefined;
    try {
      const selected = selectOutputs(await readFile(file), outputs);
      if (selected === undefined) return undefined;
      // Bytes have no folder: external data would be looked for in the working directory.
      const folder = dirname(await realpath(file));
      return await this.createSession(selected, { [EXTERNAL_DATA_FOLDER]: folder });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // A worker's console is the runner's log.
      // oxlint-disable-next-line no-console
      console.warn(`All outputs are computed, not only the chosen ones: ${reason}`);
      return undefined;
    }
  }

  private toFeeds(inputs: readonly Feed[]): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const [position, input] of inputs.entries()) {
      const named =
        input instanceof NdArray ? { [this.session.inputNames[position]]: input } : input;
      for (const [name, { dtype, data, shape }] of Object.entries(named)) {
        feeds[name] = new this.tensorClass(dtype, data, shape);
      }
    }
    return feeds;
  }
}
