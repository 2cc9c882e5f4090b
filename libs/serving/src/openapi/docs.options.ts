import type { OpenAPIObject } from '@nestjs/swagger';

/** Where the API document is served, and what it says of the whole. */
export interface DocsOptions {
  /** Route of Swagger UI, after the application's global prefix. @default '/' */
  path?: string;
  /** Route of the OpenAPI document, after the application's global prefix. @default '/docs.json' */
  jsonPath?: string;
  /** @default the service's name; of several services, the name in package.json */
  title?: string;
  /** @default the service's version, or else the version in package.json */
  version?: string;
  /** What the document says first, in Markdown. */
  description?: string;
  /** Whether the document has the operations of mounted applications that describe themselves. @default true */
  mounts?: boolean;
  /** Security schemes, by the names that `@ApiSecurity()` and `@ApiBearerAuth()` refer to. */
  securitySchemes?: NonNullable<OpenAPIObject['components']>['securitySchemes'];
}

/** Options of {@link DocsModule}. */
export interface DocsModuleOptions {
  /** The API document and Swagger UI; `false` serves neither. @default {} */
  docs?: DocsOptions | false;
}

/** The {@link DocsOptions}, or false where the document is not served. */
export const DOCS_OPTIONS = Symbol('bentonest.docs-options');
