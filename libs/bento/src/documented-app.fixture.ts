import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiExcludeController, ApiProperty } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { json, ndarray } from 'bentonest/io';
import type { IoDescriptor } from 'bentonest/io';
import { Api, BentoService, getApiDocument } from 'bentonest/serving';
import type { ServiceClass } from 'bentonest/serving';
import { NdArray } from 'bentonest/tensor';
import { BentoModule } from './bento.module.js';
import type { BentoExtras } from './bento.options.js';
import { createApp } from './testing-app.fixture.js';

/** Reads a JSON body of a schema that has a name, as a DTO's. */
const named = (name: string): IoDescriptor => ({
  ...json(),
  kind: 'named',
  schema: () => ({ 'application/json': { $ref: `#/components/schemas/${name}` } }),
  components: () => ({
    [name]: { type: 'object', properties: { next: { $ref: `#/components/schemas/${name}` } } },
  }),
});

class Plain {
  readonly kind = 'plain';
}

/** Operations of several shapes. */
@BentoService({ name: 'digits', version: '1.2' })
export class Digits {
  constructor(readonly another: Plain) {}

  @Api({
    input: ndarray.fromSample([[1, 2, 3]], { dtype: 'float32' }),
    output: ndarray({ dtype: 'int64', shape: [-1] }),
  })
  classify(input: NdArray): NdArray {
    return input;
  }

  @Api('/items/:id/link', { input: named('Node') })
  link(node: object): object {
    return node;
  }

  @Api()
  @HttpCode(204)
  reset(): void {}

  @Api()
  version(): string {
    return '1';
  }
}

export class Card {
  @ApiProperty({ description: 'Sixteen digits.' }) number: string;
}

@Controller('cards')
class CardController {
  @Post(':id')
  add(@Param('id') id: string, @Body() card: Card): Card {
    return id === '' ? new Card() : card;
  }
}

@ApiExcludeController()
@Controller('hidden')
class HiddenController {
  @Get()
  nothing(): void {}
}

export interface DocumentedOptions extends BentoExtras {
  readonly services?: readonly ServiceClass[];
  readonly prepare?: (app: NestFastifyApplication) => void;
}

const started: NestFastifyApplication[] = [];

/** Closes the applications that a test started. */
export async function closeDocumented(): Promise<void> {
  for (const app of started.splice(0)) await app.close();
}

/** The application of these services and controllers. */
export async function startDocumented({
  services = [Digits],
  prepare,
  ...extras
}: DocumentedOptions = {}) {
  const controllers = [CardController, HiddenController];
  const feature = BentoModule.forFeature({ services, controllers, providers: [Plain] });
  const app = await createApp([feature], extras);
  started.push(app);
  prepare?.(app);
  await app.init();
  return app;
}

/** Its document, found valid by a validator that is not ours. */
export async function documentOf(options: DocumentedOptions = {}): Promise<OpenAPIObject> {
  const document = await getApiDocument(await startDocumented(options));
  await checkValid(document);
  return document;
}

/** Throws what the validator says against a document. */
export async function checkValid(document: OpenAPIObject): Promise<void> {
  const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  const { valid, errors } = await new Validator().validate(plain);
  if (!valid) throw new Error(`Not valid OpenAPI: ${JSON.stringify(errors)}`);
}
