import { RequestMethod } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { relativeLink, resolveDocsPaths } from './docs-paths.js';

describe('resolveDocsPaths', () => {
  it('has the root and /docs.json by default', () => {
    expect(resolveDocsPaths(new ApplicationConfig(), {})).toEqual({
      page: '/',
      document: '/docs.json',
      assets: '/swagger-ui',
    });
  });

  it('follows the global prefix as controllers do', () => {
    const config = new ApplicationConfig();
    config.setGlobalPrefix('api/v2');
    expect(resolveDocsPaths(config, { path: 'docs' })).toEqual({
      page: '/api/v2/docs',
      document: '/api/v2/docs.json',
      assets: '/api/v2/swagger-ui',
    });
  });

  it('leaves out what the prefix excludes', () => {
    const config = new ApplicationConfig();
    config.setGlobalPrefix('api');
    const excluded = {
      path: '/docs.json',
      requestMethod: RequestMethod.GET,
      pathRegex: /^\/docs\.json$/,
    };
    config.setGlobalPrefixOptions({ exclude: [excluded] });
    expect(resolveDocsPaths(config, {})).toMatchObject({ page: '/api', document: '/docs.json' });
  });
});

describe('relativeLink', () => {
  it.each([
    ['/', '/docs.json', 'docs.json'],
    ['/api', '/api/docs.json', 'api/docs.json'],
    ['/api/', '/api/docs.json', 'docs.json'],
    ['/docs', '/swagger-ui', 'swagger-ui'],
    ['/deep/er/docs', '/docs.json', '../../docs.json'],
    ['/docs.json', '/', '.'],
    ['/api/docs.json', '/', '..'],
  ])('leads from %s to %s by %s', (from, to, link) => {
    expect(relativeLink(from, to)).toBe(link);
    const base = new URL(`http://proxy/prefix${from}`);
    const found = new URL(link, base).pathname;
    expect(found.replace(/(?<=.)\/$/, '')).toBe(`/prefix${to}`.replace(/\/$/, ''));
  });
});
