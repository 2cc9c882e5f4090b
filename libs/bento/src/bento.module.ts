import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { BentoRootModule } from './bento-root.module.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './bento-root.module.js';
import { createFeature } from './feature/create-feature.js';
import type { BentoFeatureOptions } from './feature/create-feature.js';

/**
 * Brings model serving to a Nest application: `forRoot()` once, `forFeature()` for each group of
 * services and runners.
 *
 * @example
 * @Module({
 *   imports: [
 *     BentoModule.forRoot(),
 *     BentoModule.forFeature({
 *       services: [IrisClassifier],
 *       runners: [onnxRunner('iris_clf', { model: 'iris_clf:latest' })],
 *     }),
 *   ],
 * })
 * export class AppModule {}
 */
@Module({})
export class BentoModule {
  /** Once per application. */
  static forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return BentoRootModule.forRoot(options);
  }

  /** As `forRoot`, with options from a factory, a class or an existing provider. */
  static forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return BentoRootModule.forRootAsync(options);
  }

  /**
   * Registers services and runners. What a service injects comes from here, as in any module.
   *
   * @throws ServiceConfigurationError for a class that is no service, an input that cannot be
   * inferred, or a service without methods.
   */
  static forFeature(options: BentoFeatureOptions): DynamicModule {
    return createFeature(BentoModule, options);
  }
}
