import type { ModelSummary, StoredModel } from 'bentonest/model-store';

/** A model as `-o json` and `-o yaml` print it: model.yaml's own names, so that they match BentoML's. */
export function summaryDocument(model: ModelSummary): Record<string, unknown> {
  const { tag, module, sizeBytes, createdAt, labels, problem } = model;
  return {
    tag: tag.toString(),
    name: tag.name,
    version: tag.version,
    // Of a broken model neither is known.
    module: module ?? null,
    size_bytes: sizeBytes,
    creation_time: createdAt?.toISOString() ?? null,
    labels,
    ...(problem === undefined ? {} : { problem }),
  };
}

export function modelDocument(model: StoredModel): Record<string, unknown> {
  const { tag, module, labels, options, metadata, signatures, createdAt, folder, file } = model;
  return {
    tag: tag.toString(),
    name: tag.name,
    version: tag.version,
    module,
    creation_time: createdAt.toISOString(),
    labels,
    options,
    metadata,
    signatures: Object.fromEntries(
      Object.entries(signatures).map(([method, { batchable, batchDim }]) => [
        method,
        { batchable, batch_dim: batchDim },
      ]),
    ),
    path: folder,
    file,
  };
}

/** `stage=prod, team=a`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
