import { basename } from 'node:path';
import { BentoError } from 'bentonest/errors';
import { ModelLoadError, UnsupportedModelError } from './onnx.errors.js';

type Explain = (model: string, match: RegExpExecArray) => string;

/** onnxruntime has no error codes, only words; the first that fit decide. */
const EXPLANATIONS: readonly (readonly [words: RegExp, explain: Explain])[] = [
  [
    /absolute path not allowed|escapes (?:model|working) directory|outside (?:the|model) directory/i,
    (model) =>
      `The model ${model} names external data outside its own folder, expected them inside it. Save it again with its data files beside it: onnx.save(model, path, save_as_external_data=True).`,
  ],
  [
    /external (?:data|initializer)/i,
    (model) =>
      `The model ${model} has external data that are missing or too short. Copy its data files into its folder as well, under the names that they were saved with.`,
  ],
  [
    /unsupported model ir version: (\d+), max supported ir version: (\d+)/i,
    (model, [, got, max]) =>
      `The model ${model} has IR version ${got}, expected at most ${max} by this onnxruntime-node. Set model.ir_version = ${max} before onnx.save, or update onnxruntime-node.`,
  ],
  [
    /protobuf parsing failed|does not have a graph/i,
    (model) =>
      `The file ${model} is not a valid ONNX model: it is truncated, damaged or of another format. Copy or export it again; onnx.checker.check_model(path) says whether it is whole.`,
  ],
  [
    /no available backend found|executionprovider|execution provider/i,
    (model) =>
      `The model ${model} cannot be loaded with these executionProviders: this onnxruntime-node has not all of them. Leave them out for ['cpu'], or install what they need.`,
  ],
  [
    /^invalid argument: sessionOptions\.|^'\w+' is not supported:/i,
    (_model, { input }) => `onnxruntime refuses the sessionOptions: ${input} Correct the option.`,
  ],
];

/** What the log and a client may read of a failed load: the file's base name, and never a path. */
export function toLoadError(cause: unknown, file: string): BentoError {
  if (cause instanceof BentoError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  const model = JSON.stringify(basename(file));
  const options = { cause, details: { file: basename(file) } };
  const element = /unsupported data type: (\d+)/i.exec(words)?.[1];
  if (element !== undefined) {
    return new UnsupportedModelError(
      `The model ${model} has an input or output of ONNX element type ${element}, which JavaScript has no array for. Cast it to float32 in the model.`,
      options,
    );
  }
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(words);
    if (match !== null) return new ModelLoadError(explain(model, match), options);
  }
  return new ModelLoadError(
    `onnxruntime could not load the model ${model}: it is not a valid ONNX model, or uses what this onnxruntime-node does not have. onnx.checker.check_model(path) says which; then export it again with a lower opset.`,
    options,
  );
}
