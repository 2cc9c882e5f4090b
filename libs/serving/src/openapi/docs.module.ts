import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ApiDocument } from './api-document.js';
import { DocsRoutes } from './docs-routes.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsModuleOptions } from './docs.options.js';
import { MountedDocuments } from './mounted-documents.js';
import { ServedRoutes } from './served-routes.js';

/** The API document: in code always, and served unless that is switched off. */
@Module({})
export class DocsModule {
  static register({ docs = {} }: DocsModuleOptions = {}): DynamicModule {
    const options = { provide: DOCS_OPTIONS, useValue: docs };
    return {
      module: DocsModule,
      providers: [
        options,
        ServedRoutes,
        MountedDocuments,
        ApiDocument,
        ...(docs === false ? [] : [DocsRoutes]),
      ],
      exports: [ApiDocument],
    };
  }
}
