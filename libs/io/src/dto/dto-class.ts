/** A class whose properties have class-validator's decorators. */
export type DtoClass<T extends object = object> = new (...args: never) => T;
