import 'reflect-metadata';

/** Copies what decorators wrote on a method's function: guards, codes, headers, versions, swagger. */
export function copyFunctionMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}

/** Copies what decorators wrote under a method's name: parameter types and parameter decorators. */
export function copyPropertyMetadata(from: object, to: object, name: string): void {
  for (const key of Reflect.getMetadataKeys(from, name)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from, name), to, name);
  }
}

/** What belongs to the class as a provider: its constructor's types, injections and scope. */
const PROVIDER_KEY = /^(design:|self:|optional:|scope:|__injectable__)/;

/** Copies what decorators wrote on a class, except what concerns its constructor. */
export function copyClassMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[]) {
    if (typeof key === 'string' && PROVIDER_KEY.test(key)) continue;
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}
