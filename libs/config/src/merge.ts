type Values = Readonly<Record<string, unknown>>;

function isSection(value: unknown): value is Values {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** The same with every key optional, in sections, too. */
export type Partly<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> | undefined }
    : T;

/** What was set over what was there, key by key; lists and values are replaced as they are. */
export function mergeConfig<Base extends object>(base: Base, over: Partly<Base> | undefined): Base {
  if (over === undefined) return base;
  const merged = { ...base } as Record<string, unknown>;
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[name];
    merged[name] = isSection(value) && isSection(below) ? mergeConfig(below, value) : value;
  }
  return merged as Base;
}
