import type { DtoClass } from './dto-class.js';

/** How a schema of an API document refers to another. */
export const COMPONENTS = '#/components/schemas/';

const holders = new Map<string, WeakRef<DtoClass>[]>();

/**
 * The name of a DTO's schema: its class's. Of several classes with one name, those that are asked for
 * later get a number, in the order in which the document is made: `Row`, `Row2`.
 */
export function componentName(dto: DtoClass): string {
  // In an API document a name may have these characters only.
  const name = dto.name.replaceAll(/[^\w.-]/g, '_') || 'Dto';
  const classes = holders.get(name) ?? [];
  holders.set(name, classes);
  let at = classes.findIndex((other) => other.deref() === dto);
  if (at === -1) {
    const free = classes.findIndex((other) => other.deref() === undefined);
    at = free === -1 ? classes.length : free;
    classes[at] = new WeakRef(dto);
  }
  return at === 0 ? name : `${name}${at + 1}`;
}
