import { isObject } from './operations.js';

/** Components by section (`schemas`, `responses`, …) and name. */
export type Components = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type IsTaken = (section: string, name: string) => boolean;

/** The names of one document's components within another, where some of them are taken. */
export class ComponentNames {
  /** By what refers to it: `#/components/schemas/Flower`. */
  private readonly names = new Map<string, string>();

  /** @param prefix put before names that are taken: `py_Flower`. */
  constructor(components: Components, prefix: string, isTaken: IsTaken) {
    for (const [section, entries] of Object.entries(components)) {
      const isUsed: IsTaken = (...name) => isTaken(...name) || Object.hasOwn(entries, name[1]);
      for (const name of Object.keys(entries)) {
        const isFree = !isTaken(section, name);
        const named = isFree ? name : findFree(`${prefix}_${name}`, (one) => isUsed(section, one));
        this.names.set(`#/components/${section}/${name}`, named);
      }
    }
  }

  of(section: string, name: string): string {
    return this.names.get(`#/components/${section}/${name}`) ?? name;
  }

  /** A copy in which `$ref` and the mapping of a discriminator lead to the new names. */
  follow(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.follow(each));
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, each]) => {
      if (key === '$ref' && typeof each === 'string') return [key, this.rename(each)];
      return [key, key === 'mapping' && isObject(each) ? this.followAll(each) : this.follow(each)];
    });
    return Object.fromEntries(entries);
  }

  private followAll(mapping: Readonly<Record<string, unknown>>): object {
    const entries = Object.entries(mapping).map(([name, to]) => [
      name,
      typeof to === 'string' ? this.rename(to) : this.follow(to),
    ]);
    return Object.fromEntries(entries);
  }

  /** A component, or what is below it: `#/components/schemas/Flower/properties/petal`. */
  private rename(reference: string): string {
    const [root, components, section, name, ...rest] = reference.split('/');
    const named = this.names.get([root, components, section, name].join('/'));
    return named === undefined ? reference : [root, components, section, named, ...rest].join('/');
  }
}

function findFree(name: string, isUsed: (name: string) => boolean): string {
  let free = name;
  for (let count = 2; isUsed(free); count++) free = `${name}_${count}`;
  return free;
}
