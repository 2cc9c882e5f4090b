/** So many are read at once: enough to keep a disk busy, and far from any limit on open files. */
const CONCURRENCY = 32;

/** Maps items, so many at a time; the results stand in the items' order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await map(items[at]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, work));
  return results;
}
