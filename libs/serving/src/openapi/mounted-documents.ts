import { Injectable, Logger, Optional } from '@nestjs/common';
import { MountedRequests } from '../http/mounted-requests.js';
import type { MountDescription } from '../http/mounted-requests.js';
import type { MountedDocument } from './merge-document.js';
import { isObject, operationsOf } from './operations.js';

/** The documents of mounted applications, as they are now. */
export interface ReadDocuments {
  readonly documents: readonly MountedDocument[];
  /** Whether every application said what it has. */
  readonly isWhole: boolean;
}

/** Asks mounted applications for their documents, and says in the log what is wrong with one, once. */
@Injectable()
export class MountedDocuments {
  private readonly logger = new Logger('BentoNest');
  private readonly said = new Set<string>();

  constructor(@Optional() private readonly mounts?: MountedRequests) {}

  async read(): Promise<ReadDocuments> {
    const asked = (this.mounts?.descriptions ?? []).flatMap((description) =>
      description.endpoints().map((endpoint) => this.readOne(description, endpoint)),
    );
    const answers = await Promise.all(asked);
    return {
      documents: answers.flatMap((answer) => answer?.document ?? []),
      isWhole: answers.every((answer) => answer !== undefined),
    };
  }

  /** Undefined where it has to be asked again. */
  private async readOne(
    description: MountDescription,
    endpoint: string,
  ): Promise<{ readonly document: MountedDocument | undefined } | undefined> {
    try {
      const document = await description.read(endpoint);
      if (document === undefined) return { document: undefined };
      if (isDocument(document)) return { document: { endpoint, document } };
      this.warn(
        endpoint,
        'Expected an OpenAPI document of version 3 with paths, got another value.',
      );
      return { document: undefined };
    } catch (error) {
      this.warn(endpoint, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  private warn(endpoint: string, reason: string): void {
    const message = `The API document has nothing of the application at ${endpoint}: ${reason}`;
    if (this.said.has(message)) return;
    this.said.add(message);
    this.logger.warn(message);
  }
}

/** Not whether it is valid: whether it can be taken apart. */
function isDocument(value: unknown): value is MountedDocument['document'] {
  if (!isObject(value) || !isObject(value.paths ?? {})) return false;
  const paths = Object.entries(value.paths ?? {}).filter(([path]) => path.startsWith('/'));
  const areItems = paths.every(
    ([, item]) => isObject(item) && operationsOf(item).every((operation) => isObject(operation)),
  );
  return String(value.openapi).startsWith('3.') && areItems;
}
