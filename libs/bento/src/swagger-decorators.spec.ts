import {
  ApiBearerAuth,
  ApiBody,
  ApiExcludeEndpoint,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  SwaggerModule,
} from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ndarray } from 'bentonest/io';
import { Api, BentoService } from 'bentonest/serving';
import { NdArray } from 'bentonest/tensor';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Card,
  Digits,
  checkValid,
  closeDocumented,
  documentOf,
  startDocumented,
} from './documented-app.fixture.js';

const ERROR = { $ref: '#/components/schemas/ErrorBody' };

afterEach(closeDocumented);

describe("the user's swagger decorators", () => {
  @BentoService({ name: 'decorated' })
  @ApiTags('vision')
  @ApiBearerAuth()
  @ApiResponse({ status: 500, description: 'Call us.' })
  class Decorated {
    @Api({ input: ndarray(), output: ndarray() })
    @ApiOperation({ summary: 'Finds cats', operationId: 'findCats', deprecated: true })
    @ApiBody({ type: Card })
    @ApiResponse({ status: 200, type: Card })
    @ApiResponse({ status: 400, description: 'No cat.' })
    @ApiResponse({ status: 418, description: 'A teapot.' })
    cats(input: NdArray): NdArray {
      return input;
    }

    @Api('/dogs/:name', { input: ndarray() })
    @ApiOperation({ description: 'Only a description.' })
    @ApiParam({ name: 'name', description: 'Whose.' })
    dogs(input: NdArray): NdArray {
      return input;
    }

    @Api()
    @ApiExcludeEndpoint()
    secret(): string {
      return '';
    }
  }

  const securitySchemes = { bearer: { type: 'http' as const, scheme: 'bearer' } };
  const decorated = (): Promise<OpenAPIObject> =>
    documentOf({ services: [Decorated], docs: { securitySchemes } });

  it('win where they say something', async () => {
    const { paths } = await decorated();
    const card = { 'application/json': { schema: { $ref: '#/components/schemas/Card' } } };
    expect(paths['/cats'].post).toMatchObject({
      operationId: 'findCats',
      summary: 'Finds cats',
      deprecated: true,
      tags: ['vision'],
      security: [{ bearer: [] }],
      requestBody: { content: card },
      responses: {
        200: { content: card },
        // What they do not say stays.
        400: { description: 'No cat.', content: { 'application/json': { schema: ERROR } } },
        415: { content: { 'application/json': { schema: ERROR } } },
        418: { description: 'A teapot.' },
        500: { description: 'Call us.' },
      },
    });
    expect(Object.keys(paths['/cats'].post?.requestBody ?? {})).toContain('content');
    expect(paths).not.toHaveProperty('/secret');
  });

  it('are completed where they say nothing', async () => {
    const { post } = (await decorated()).paths['/dogs/{name}'];
    expect(post).not.toHaveProperty('summary');
    expect(post).toMatchObject({
      operationId: 'Decorated__dogs',
      description: 'Only a description.',
      parameters: [{ name: 'name', in: 'path', description: 'Whose.' }],
      requestBody: { content: { 'application/vnd.npy': {} } },
    });
    expect(post?.parameters).toHaveLength(1);
  });

  it("are read by the user's own document as by ours, schemas included", async () => {
    const app = await startDocumented({ services: [Decorated, Digits] });
    const config = { info: { title: 'Mine', version: '1' }, openapi: '3.1.0' };
    const document = SwaggerModule.createDocument(app, config);
    await checkValid(document);
    expect(document.info.title).toBe('Mine');
    expect(document.paths['/classify'].post).toMatchObject({
      operationId: 'Digits_classify',
      tags: ['digits'],
      requestBody: { content: { 'application/vnd.npy': {} } },
    });
    expect(Object.keys(document.components?.schemas ?? {}).toSorted()).toEqual([
      'Card',
      'ErrorBody',
      'Node',
    ]);
    expect(document.paths['/readyz'].get?.tags).toEqual(['Infrastructure']);
  });
});
