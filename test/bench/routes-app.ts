// One service, one method body, and what validation may stand before it. Run by servers.ts from dist:
// node routes-app.js <port>
import { Module, UsePipes, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Api, BentoModule, BentoService, json } from 'bentonest';
import { IsNumber } from 'class-validator';

class Flower {
  @IsNumber() sepalLength: number;
  @IsNumber() sepalWidth: number;
  @IsNumber() petalLength: number;
  @IsNumber() petalWidth: number;
}

interface Sum {
  readonly sum: number;
}

function sumOf({ sepalLength, sepalWidth, petalLength, petalWidth }: Flower): Sum {
  return { sum: sepalLength + sepalWidth + petalLength + petalWidth };
}

@BentoService()
class Routes {
  @Api({ input: json() })
  unchecked(flower: Flower): Sum {
    return sumOf(flower);
  }

  @Api()
  dto(flower: Flower): Sum {
    return sumOf(flower);
  }

  /** What a declared output costs: it is written in a hook, after interceptors. */
  @Api({ output: json() })
  declaredOutput(flower: Flower): Sum {
    return sumOf(flower);
  }

  // Bodies of services come by a decorator of our own, which the pipe passes by unless it is told.
  @UsePipes(new ValidationPipe({ transform: true, validateCustomDecorators: true }))
  @Api({ input: json() })
  validationPipe(flower: Flower): Sum {
    return sumOf(flower);
  }
}

@Module({
  imports: [BentoModule.forRoot(), BentoModule.forFeature({ services: [Routes] })],
})
class RoutesModule {}

const app = await NestFactory.create<NestFastifyApplication>(RoutesModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.listen(process.argv[2] ?? '', '127.0.0.1');
process.send?.('ready');
process.on('disconnect', () => process.exit());
