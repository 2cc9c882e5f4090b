import { DECORATORS } from '@nestjs/swagger';
import { expect, it } from 'vitest';
import { SWAGGER } from './swagger-keys.js';

it('has the keys of the installed @nestjs/swagger', () => {
  expect(SWAGGER).toEqual({
    operation: DECORATORS.API_OPERATION,
    responses: DECORATORS.API_RESPONSE,
    tags: DECORATORS.API_TAGS,
    extraModels: DECORATORS.API_EXTRA_MODELS,
    extension: DECORATORS.API_EXTENSION,
    schema: DECORATORS.API_SCHEMA,
    excluded: DECORATORS.API_EXCLUDE_ENDPOINT,
  });
});
