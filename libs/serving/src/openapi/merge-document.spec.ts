import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { mergeDocuments } from './merge-document.js';

const to = (name: string, section = 'schemas') => ({ $ref: `#/components/${section}/${name}` });
const body = (schema: object) => ({ content: { 'application/json': { schema } } });
const operation = (schema: object) => ({
  responses: { 200: { description: '', ...body(schema) } },
});

const own = {
  openapi: '3.1.0',
  info: { title: 'own', version: '1' },
  paths: {
    '/predict': { post: operation(to('Flower')) },
    '/users/{id}': { get: operation({}) },
  },
  components: { schemas: { Flower: { type: 'object' } } },
} as unknown as OpenAPIObject;

const document = {
  openapi: '3.1.0',
  servers: [{ url: '/py' }],
  paths: { '/predict': { get: operation(to('Flower')) } },
  components: { schemas: { Flower: { type: 'string' }, Other: { type: 'null' } } },
};

const nothing = { schemas: [], paths: [] };
const merge = (
  mounts: readonly { endpoint: string; document: object }[],
  reserved: Parameters<typeof mergeDocuments>[2] = nothing,
): OpenAPIObject => mergeDocuments(own, mounts as Parameters<typeof mergeDocuments>[1], reserved);

describe('paths', () => {
  it('are below the mount’s, tagged with it, and parameters of its own are declared as others', () => {
    const whole = merge([{ endpoint: '/of/:tenant/py', document }]);
    expect(Object.keys(whole.paths)).toEqual([
      '/predict',
      '/users/{id}',
      '/of/{tenant}/py/predict',
    ]);
    expect(whole.paths['/of/{tenant}/py/predict'].get?.tags).toEqual(['/of/:tenant/py']);
  });

  it('keep their own tags behind the mount’s', () => {
    const tagged = { paths: { '/a': { get: { ...operation({}), tags: ['users'] } } } };
    const { paths } = merge([{ endpoint: '/py', document: tagged }]);
    expect(paths['/py/a'].get?.tags).toEqual(['/py', 'users']);
  });

  it('at the root are those alone that the server does not answer', () => {
    const paths = {
      '/predict': { get: operation({}) },
      '/users/{name}': { get: operation({}) },
      '/docs.json': { get: operation({}) },
      '/free': { get: operation({}) },
    };
    const whole = merge([{ endpoint: '/*', document: { paths } }], {
      schemas: [],
      paths: ['/docs.json'],
    });
    expect(Object.keys(whole.paths)).toEqual(['/predict', '/users/{id}', '/free']);
    expect(whole.paths['/predict']).toEqual(own.paths['/predict']);
  });

  it('of a mount under a path take the place of the server’s, as requests find them', () => {
    const shadow = { paths: { '/{name}': { get: { ...operation({}), summary: 'theirs' } } } };
    const { paths } = merge([
      { endpoint: '/*', document: { paths: { '/users/{x}': { get: operation({}) } } } },
      { endpoint: '/users', document: shadow },
    ]);
    expect(Object.keys(paths)).toEqual(['/predict', '/users/{name}']);
    expect(paths['/users/{name}'].get?.summary).toBe('theirs');
  });
});

describe('components', () => {
  it('of a name that is taken get another, and references follow', () => {
    const whole = merge([{ endpoint: '/py', document }]);
    expect(whole.components?.schemas).toEqual({
      Flower: { type: 'object' },
      py_Flower: { type: 'string' },
      Other: { type: 'null' },
    });
    expect(whole.paths['/py/predict'].get).toMatchObject(operation(to('py_Flower')));
    expect(whole.paths['/predict'].post).toEqual(own.paths['/predict'].post);
  });

  it('also of a name that the services take later, and that another mount has taken', () => {
    const { components } = merge(
      [
        { endpoint: '/a/b', document },
        { endpoint: '/a-b', document },
        { endpoint: '/a_b', document },
        { endpoint: '/*', document },
      ],
      { schemas: ['Other'], paths: [] },
    );
    const names = ['Flower', 'Other'];
    expect(Object.keys(components?.schemas ?? {})).toEqual([
      'Flower',
      ...names.map((name) => `a_b_${name}`),
      ...names.map((name) => `a-b_${name}`),
      ...names.map((name) => `a_b_${name}_2`),
      ...names.map((name) => `root_${name}`),
    ]);
  });

  it('of which the document itself has the other name get a third', () => {
    const components = { schemas: { Flower: {}, py_Flower: {} } };
    const whole = merge([{ endpoint: '/py', document: { components } }]);
    expect(Object.keys(whole.components?.schemas ?? {})).toEqual([
      'Flower',
      'py_Flower_2',
      'py_Flower',
    ]);
  });

  it('are followed from within, below a component, and from a discriminator', () => {
    const components = {
      schemas: {
        Flower: {
          oneOf: [to('Flower/properties/petal'), to('Unknown')],
          discriminator: { propertyName: 'kind', mapping: { iris: to('Flower').$ref } },
          properties: { mapping: to('Flower'), $ref: { type: 'string' } },
        },
      },
    };
    const whole = merge([{ endpoint: '/py', document: { paths: {}, components } }]);
    expect(whole.components?.schemas?.py_Flower).toEqual({
      oneOf: [to('py_Flower/properties/petal'), to('Unknown')],
      discriminator: { propertyName: 'kind', mapping: { iris: to('py_Flower').$ref } },
      properties: { mapping: to('py_Flower'), $ref: { type: 'string' } },
    });
  });

  it('for security are those of the mount, for all its operations', () => {
    const secured = {
      security: [{ bearer: [] }],
      paths: { '/a': { get: operation({}), post: { ...operation({}), security: [] } } },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    };
    const { paths, components } = mergeDocuments(
      { ...own, components: { securitySchemes: { bearer: { type: 'apiKey' } } } },
      [{ endpoint: '/py', document: secured }],
      nothing,
    );
    expect(Object.keys(components?.securitySchemes ?? {})).toEqual(['bearer', 'py_bearer']);
    expect(paths['/py/a'].get?.security).toEqual([{ py_bearer: [] }]);
    expect(paths['/py/a'].post?.security).toEqual([]);
  });
});

it('changes nothing of what it is given', () => {
  const before = structuredClone([own, document]);
  merge([{ endpoint: '/py', document }]);
  expect([own, document]).toEqual(before);
});
