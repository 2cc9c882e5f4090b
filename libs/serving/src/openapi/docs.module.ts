import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ApiDocument } from './api-document.js';
import { DocsRoutes } from './docs-routes.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsModuleOptions } from './docs.options.js';
import type { OptionsSource } from '../serving.options.js';
import { MountedDocuments } from './mounted-documents.js';
import { ServedRoutes } from './served-routes.js';

/** The API document: in code always, and served unless that is switched off. */
@Module({})
export class DocsModule {
  /** @param isServed decides at once whether it is served, whatever the options will say. */
  static register(
    source: OptionsSource<DocsModuleOptions> = { useValue: {} },
    isServed = true,
  ): DynamicModule {
    const given = Symbol('bentonest.docs-module-options');
    const options = {
      provide: DOCS_OPTIONS,
      inject: [given],
      useFactory: ({ docs = {} }: DocsModuleOptions) => docs,
    };
    return {
      module: DocsModule,
      providers: [
        { provide: given, ...source },
        options,
        ServedRoutes,
        MountedDocuments,
        ApiDocument,
        ...(isServed ? [DocsRoutes] : []),
      ],
      exports: [ApiDocument],
    };
  }
}
