import { Body, Controller, Post, VersioningType } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { FileUpload, dataFrame, file, image, json, multipart, series, text } from 'bentonest/io';
import { Api, ApiDocument, BentoService, getApiDocument } from 'bentonest/serving';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { IsNumber, IsOptional, IsString, Min } from 'class-validator';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { BentoModule } from './bento.module.js';
import { Digits, closeDocumented, documentOf, startDocumented } from './documented-app.fixture.js';
import { createApp } from './testing-app.fixture.js';

const ERROR = { $ref: '#/components/schemas/ErrorBody' };

afterEach(closeDocumented);

@BentoService()
class Alone {
  @Api()
  array(): NdArray {
    return NdArray.from([1]);
  }
}

describe('operations of services', () => {
  it('have ids, tags, and bodies and results by their descriptors', async () => {
    const { post } = (await documentOf()).paths['/classify'];
    const row = { type: 'array', items: { type: 'number' }, minItems: 3, maxItems: 3 };
    expect(post).toMatchObject({
      operationId: 'Digits__classify',
      tags: ['digits'],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { type: 'array', items: row, 'x-dtype': 'float32' },
            examples: { example1: { value: [[1, 2, 3]] } },
          },
          'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        },
      },
      responses: {
        200: {
          content: {
            'application/json': {
              schema: { type: 'array', items: { type: 'integer', format: 'int64' } },
            },
          },
        },
      },
    });
  });

  it('have the errors that can be, of one schema', async () => {
    const { paths, components } = await documentOf({ services: [Digits, Alone] });
    expect(Object.keys(paths['/classify'].post?.responses ?? {})).toEqual([
      '200',
      '400',
      '413',
      '415',
      '500',
      '503',
      '504',
    ]);
    // Without a body nothing of it can be wrong; what injects nothing waits for no runner.
    expect(Object.keys(paths['/array'].post?.responses ?? {})).toEqual(['200', '500']);
    expect(paths['/classify'].post?.responses[400]).toMatchObject({
      content: { 'application/json': { schema: ERROR } },
    });
    expect(components?.schemas?.ErrorBody).toMatchObject({ type: 'object' });
  });

  it('have results by the return type where no output is declared', async () => {
    const { paths } = await documentOf({ services: [Digits, Alone] });
    expect(paths['/array'].post?.responses[200]).toMatchObject({
      content: { 'application/vnd.npy': {}, 'application/json': { schema: { type: 'array' } } },
    });
    expect(paths['/version'].post?.responses[200]).toMatchObject({
      content: { 'text/plain': { schema: { type: 'string' } } },
    });
    expect(paths['/reset'].post?.responses[204]).toEqual({ description: 'Done.' });
  });

  it('refer to the named schemas of their descriptors, and declare parameters of the path', async () => {
    const { paths, components } = await documentOf();
    const { post } = paths['/items/{id}/link'];
    expect(components?.schemas?.Node).toEqual({
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' } },
    });
    expect(post?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ]);
  });

  it('say what @Api() says: name, summary, description, method and limits', async () => {
    @BentoService()
    class Told {
      @Api('/told', {
        method: 'GET',
        name: 'tell',
        summary: 'Tells.',
        description: 'At *length*.',
        timeoutMs: 1000,
        maxConcurrency: 4,
      })
      getTold(): string {
        return '';
      }

      @Api({ summary: 'Ours.', description: 'Ours.' })
      @ApiOperation({ description: 'Theirs.' })
      both(): string {
        return '';
      }
    }
    const { paths } = await documentOf({ services: [Told] });
    expect(paths['/told'].get).toMatchObject({
      operationId: 'Told__tell',
      summary: 'Tells.',
      description: 'At *length*.',
    });
    expect(Object.keys(paths['/told'].get?.responses ?? {})).toEqual(['200', '429', '500', '504']);
    expect(paths['/both'].post).toMatchObject({ summary: 'Ours.', description: 'Theirs.' });
  });

  it('may have bodies of every kind of descriptor, DTOs with their rules', async () => {
    class Flower {
      @IsNumber() @Min(0) width: number;
      @IsString() @IsOptional() name?: string;
    }
    @BentoService()
    class Kinds {
      @Api({ input: json(Flower), output: json() })
      dto(flower: Flower): Flower {
        return flower;
      }

      @Api({ input: json(z.object({ width: z.number() })), output: json() })
      schema(flower: { width: number }): object {
        return flower;
      }

      @Api({ output: text() })
      several(flower: Flower, times: number, array: NdArray): string {
        return `${flower.name} ${times} ${array.rank}`;
      }

      @Api({ input: text(), output: file() })
      speak(words: string): Buffer {
        return Buffer.from(words);
      }

      @Api({
        input: file({ mimeTypes: ['audio/*'] }),
        output: image({ mimeTypes: ['image/webp'] }),
      })
      draw(upload: FileUpload): FileUpload {
        return upload;
      }

      @Api({ input: multipart({ picture: image(), flower: json(Flower) }) })
      form(form: object): object {
        return form;
      }

      @Api({ input: dataFrame({ dtypes: { width: 'float32' } }), output: series() })
      column(table: DataFrame): unknown {
        return table;
      }

      @Api()
      table(table: DataFrame): DataFrame {
        return table;
      }

      @Api()
      async *stream(): AsyncGenerator<string> {}
    }
    const { paths, components } = await documentOf({ services: [Kinds] });
    const flower = { $ref: '#/components/schemas/Flower' };
    const typesOf = (path: string): (readonly string[])[] => {
      const { requestBody, responses } = paths[path].post ?? { responses: {} };
      const bodies = [requestBody, responses[200]] as { content?: object }[];
      return bodies.map((body) => Object.keys(body?.content ?? {}));
    };
    expect(components?.schemas?.Flower).toMatchObject({
      properties: { width: { type: 'number', minimum: 0 }, name: { type: 'string' } },
      required: ['width'],
    });
    expect(paths['/dto'].post?.requestBody).toMatchObject({
      content: { 'application/json': { schema: flower } },
    });
    expect(paths['/several'].post?.requestBody).toMatchObject({
      content: {
        'application/json': {
          schema: { properties: { flower, times: { type: 'number' }, array: { type: 'array' } } },
        },
      },
    });
    expect(typesOf('/speak')).toEqual([['text/plain', 'text/*'], ['application/octet-stream']]);
    expect(typesOf('/draw')).toEqual([['audio/*'], expect.arrayContaining(['image/webp'])]);
    expect(paths['/form'].post?.requestBody).toMatchObject({
      content: {
        'multipart/form-data': {
          schema: { properties: { picture: {}, flower } },
          encoding: { flower: { contentType: 'application/json' } },
        },
      },
    });
    const tables = ['application/json', 'text/csv', 'application/vnd.apache.parquet'];
    expect(typesOf('/column')[0]).toEqual(expect.arrayContaining(tables));
    expect(typesOf('/table')[1]).toEqual(expect.arrayContaining(tables));
    expect(typesOf('/stream')).toEqual([[], ['application/x-ndjson', 'text/plain']]);
  });

  it('have ids of their own for each version', async () => {
    @BentoService()
    class Versioned {
      @Api()
      plain(): string {
        return '';
      }
    }
    const { paths } = await documentOf({
      services: [Versioned],
      prepare: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'] });
      },
    });
    expect(paths['/api/v1/plain'].post?.operationId).toBe('Versioned__plain__v1');
    expect(paths['/api/v2/plain'].post?.operationId).toBe('Versioned__plain__v2');
  });

  it('have different ids where two classes have one name', async () => {
    const [first, second] = ['first', 'second'].map((name) => {
      @BentoService({ name })
      class Twin {
        @Api(`/${name}`)
        predict(): string {
          return name;
        }
      }
      return Twin;
    });
    const { paths } = await documentOf({ services: [first, second] });
    expect(paths['/first'].post?.operationId).toBe('Twin__predict');
    expect(paths['/second'].post?.operationId).toBe('Twin__predict_2');
  });
});

describe('the rest of the document', () => {
  it('has the other controllers as @nestjs/swagger makes them, but hidden ones', async () => {
    const { paths, components } = await documentOf();
    expect(paths['/cards/{id}'].post).toMatchObject({
      operationId: 'CardController_add',
      tags: ['Card'],
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Card' } } },
      },
    });
    expect(components?.schemas?.Card).toMatchObject({
      properties: { number: { type: 'string', description: 'Sixteen digits.' } },
    });
    expect(paths).not.toHaveProperty('/hidden');
  });

  it('has the rules of a DTO that another controller reads too', async () => {
    class Shared {
      @IsString() word: string;
    }
    @BentoService()
    class Reader {
      @Api()
      read({ word }: Shared): string {
        return word;
      }
    }
    @Controller('first')
    class OtherReader {
      @Post()
      read(@Body() { word }: Shared): string {
        return word;
      }
    }
    @BentoService()
    class Last extends Reader {
      @Api()
      last(): string {
        return '';
      }
    }
    // Those of forFeature's own controllers are read before services, those of another module after.
    const before = BentoModule.forFeature({ services: [Reader], controllers: [OtherReader] });
    const after = BentoModule.forFeature({ controllers: [OtherReader] });
    for (const modules of [[before], [BentoModule.forFeature({ services: [Last] }), after]]) {
      const app = await createApp(modules);
      onTestFinished(() => app.close());
      const { components } = await getApiDocument(await app.init());
      expect(components?.schemas?.Shared).toMatchObject({
        properties: { word: { type: 'string' } },
        required: ['word'],
      });
    }
  });

  it('has the infrastructure last, tagged apart and described', async () => {
    const { paths, tags } = await documentOf();
    const infrastructure = ['/livez', '/healthz', '/readyz', '/docs.json'];
    expect(Object.keys(paths).slice(-4)).toEqual(infrastructure);
    for (const path of infrastructure) {
      const { get } = paths[path];
      expect(get?.tags).toEqual(['Infrastructure']);
      expect(get?.summary).not.toBe('');
    }
    expect(Object.keys(paths['/readyz'].get?.responses ?? {})).toEqual(['200', '503']);
    expect(tags?.at(-1)).toMatchObject({ name: 'Infrastructure' });
    expect(tags?.map(({ name }) => name)).toContain('digits');
  });

  it('has the name and version of the only service', async () => {
    expect((await documentOf()).info).toMatchObject({ title: 'digits', version: '1.2' });
  });

  it('has the name of the package where there are several, and of an unversioned service its version', async () => {
    const { info } = await documentOf({ services: [Digits, Alone] });
    expect(info).toMatchObject({ title: 'bentonest', version: '0.1.0' });
    expect((await documentOf({ services: [Alone] })).info.version).toBe('0.1.0');
  });

  it('has the title, version, description and security schemes that the user gave', async () => {
    const given = { title: 'Digits', version: '7', description: 'Reads **digits**.' };
    const securitySchemes = { key: { type: 'apiKey' as const, in: 'header', name: 'x-key' } };
    const { info, components } = await documentOf({ docs: { ...given, securitySchemes } });
    expect(info).toMatchObject(given);
    expect(components?.securitySchemes).toEqual(securitySchemes);
  });

  it('has a server relative to where it is served', async () => {
    expect((await documentOf()).servers).toEqual([{ url: '.' }]);
    const { servers, paths } = await documentOf({ prepare: (app) => app.setGlobalPrefix('api') });
    expect(servers).toEqual([{ url: '..' }]);
    expect(paths['/api/classify'].post?.operationId).toBe('Digits__classify');
    expect(paths).toHaveProperty(['/api/docs.json']);
  });

  it('is made once, and is there where it is not served', async () => {
    const app = await startDocumented({ docs: false });
    const document = await getApiDocument(app);
    expect(document.paths).toHaveProperty('/classify');
    expect(document.paths).not.toHaveProperty('/docs.json');
    expect(await app.get(ApiDocument, { strict: false }).read()).toBe(document);
  });
});
