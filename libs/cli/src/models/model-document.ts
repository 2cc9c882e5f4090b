import type { ModelEntry, ModelSummary } from 'bentonest/model-store';

/** A model as `-o json` and `-o yaml` print it: model.yaml's own names, so that they match BentoML's. */
export function summaryDocument(model: ModelSummary): Record<string, unknown> {
  const { tag, module, sizeBytes, createdAt, labels } = model;
  return {
    tag: tag.toString(),
    name: tag.name,
    version: tag.version,
    module,
    size_bytes: sizeBytes,
    creation_time: createdAt.toISOString(),
    labels,
  };
}

export function modelDocument(model: ModelEntry): Record<string, unknown> {
  const { tag, module, labels, options, metadata, signatures, createdAt, folder } = model;
  const { customMetadata, digests, context, apiVersion } = model;
  return {
    tag: tag.toString(),
    name: tag.name,
    version: tag.version,
    module,
    creation_time: createdAt.toISOString(),
    labels,
    options,
    metadata,
    custom_metadata: customMetadata,
    signatures: Object.fromEntries(
      Object.entries(signatures).map(([method, { batchable, batchDim }]) => [
        method,
        { batchable, batch_dim: batchDim },
      ]),
    ),
    context: {
      framework_name: context.frameworkName,
      framework_versions: context.frameworkVersions,
      bentoml_version: context.bentomlVersion,
      python_version: context.pythonVersion,
    },
    api_version: apiVersion,
    digests,
    path: folder,
  };
}

/** `stage=prod, team=a`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
