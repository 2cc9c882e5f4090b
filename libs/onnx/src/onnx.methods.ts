import type { NdArray } from 'bentonest/tensor';

/** A record of the model's inputs by name, or as many tensors in the model's own order. */
export type OnnxInputs = [Readonly<Record<string, NdArray>>] | [NdArray, ...NdArray[]];

/**
 * What a runner of `onnxRunner` can be asked, for its handle's type: with `Runner<OnnxMethods>`, any
 * other method and what is no tensor are compile errors.
 *
 * @example
 * constructor(@InjectRunner('iris_clf') private readonly irisClf: Runner<OnnxMethods>) {}
 */
export interface OnnxMethods {
  /** Answers the first output, of the option `outputs` or else of the model. */
  predict(...inputs: OnnxInputs): Promise<NdArray>;
  /** Answers all outputs by name. */
  run(...inputs: OnnxInputs): Promise<Record<string, NdArray>>;
}
