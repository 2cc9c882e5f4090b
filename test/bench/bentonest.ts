// Our server as a user writes it, with everything on: validation, metrics, health, error filter.
// Run by servers.ts from dist: node bentonest.js <port> <model.onnx> [embedded | observed | unobserved]
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  Api,
  BentoModule,
  BentoService,
  InjectRunner,
  NdArray,
  Runner,
  ndarray,
  onnxRunner,
} from 'bentonest';
import type { BentoExtras } from 'bentonest';

const [port = '', file = '', where] = process.argv.slice(2);
const embedded = where === 'embedded';
const batchesInFlight = Number(process.env.IN_FLIGHT ?? 1);

/** What operations.ts compares: metrics, a line for each request and traces of one in a hundred, and none of it. */
const OBSERVED: Readonly<Record<string, BentoExtras>> = {
  observed: {
    logging: { access: true },
    tracing: { exporter: 'otlp', sampleRate: 0.01, otlp: { endpoint: process.env.COLLECTOR } },
  },
  unobserved: { metrics: false, logging: false, tracing: false },
};

@BentoService()
class Bench {
  constructor(@InjectRunner('model') private readonly model: Runner) {}

  @Api({ input: ndarray({ dtype: 'float32' }), output: ndarray() })
  predict(input: NdArray): Promise<NdArray> {
    return this.model.predict.run(input);
  }
}

@Module({
  imports: [
    BentoModule.forRoot({ startup: 'wait', ...OBSERVED[where ?? ''] }),
    BentoModule.forFeature({
      services: [Bench],
      runners: [onnxRunner('model', { model: file, embedded, batchesInFlight })],
    }),
  ],
})
class BenchModule {}

const app = await NestFactory.create<NestFastifyApplication>(BenchModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.listen(port, '127.0.0.1');
process.send?.('ready');
process.on('disconnect', () => process.exit());
