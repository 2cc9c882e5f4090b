/**
 * The metadata keys of @nestjs/swagger's decorators. Written here, so that a service describes itself
 * without loading that package, which costs more than all else at start; a spec compares them.
 */
export const SWAGGER = {
  operation: 'swagger/apiOperation',
  responses: 'swagger/apiResponse',
  tags: 'swagger/apiUseTags',
  extraModels: 'swagger/apiExtraModels',
  extension: 'swagger/apiExtension',
  schema: 'swagger/apiSchema',
  excluded: 'swagger/apiExcludeEndpoint',
} as const;

/** What a decorator of @nestjs/swagger recorded. */
export function readSwagger(key: keyof typeof SWAGGER, target: object): unknown {
  return Reflect.getMetadata(SWAGGER[key], target);
}

export function writeSwagger(key: keyof typeof SWAGGER, value: unknown, target: object): void {
  Reflect.defineMetadata(SWAGGER[key], value, target);
}
