import { isDeepStrictEqual } from 'node:util';
import { UnknownMethodError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import type { PreparedCall } from './call.js';
import { prepareCall } from './prepare-call.js';
import type { ArgumentCheck } from './prepare-call.js';

/** The methods of a runner, as its first worker tells them, and what makes calls of them ready. */
export class MethodCatalog {
  private methods: ReadonlyMap<string, MethodDescription> | undefined;
  private description: readonly unknown[] | undefined;
  private check: ArgumentCheck = (_method, args) => args;

  constructor(private readonly runner: string) {}

  get isKnown(): boolean {
    return this.methods !== undefined;
  }

  /** None before a worker told. */
  get all(): readonly MethodDescription[] {
    return [...(this.methods?.values() ?? [])];
  }

  has(name: string): boolean {
    return this.methods?.has(name) === true;
  }

  /** Returns whether other methods, or other arguments of them, were known before. */
  describe(
    methods: readonly MethodDescription[],
    check: ArgumentCheck,
    metadata: unknown,
  ): boolean {
    const { description: before } = this;
    this.description = [methods, metadata];
    this.methods = new Map(methods.map((method) => [method.name, method]));
    this.check = check;
    return before !== undefined && !isDeepStrictEqual(before, this.description);
  }

  /** @throws UnknownMethodError, and what the check of arguments throws. */
  prepare(name: string, args: readonly unknown[]): PreparedCall {
    const method = this.methods?.get(name);
    if (method === undefined) {
      const names = this.all.map((each) => each.name);
      throw new UnknownMethodError(this.runner, name, names);
    }
    return prepareCall(method, this.check(method, args));
  }
}
