/** The injection token of a runner's handle; public, for `overrideProvider(getRunnerToken('x'))`. */
export function getRunnerToken(name: string): symbol {
  // A registered symbol: two copies of this package in one process mean the same runner.
  return Symbol.for(`bentonest.runner.${name}`);
}
