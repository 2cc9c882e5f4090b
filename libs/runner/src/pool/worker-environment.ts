type Gpu = number | string;

/** Variables of a worker: its number, and the GPUs that are its own, in turn. */
export function workerEnvironment(
  index: number,
  gpus: readonly (Gpu | readonly Gpu[])[],
): Record<string, string> {
  const environment: Record<string, string> = { BENTONEST_WORKER_INDEX: String(index) };
  const own = gpus[index % gpus.length];
  if (own !== undefined) environment.CUDA_VISIBLE_DEVICES = [own].flat().join(',');
  return environment;
}

/** Node's own arguments for a worker. A debugger's port can be held by one process only. */
export function executionArguments(
  execArgv: readonly string[],
  maxHeapMb: number | undefined,
): readonly string[] | undefined {
  const isInspector = (argument: string): boolean => argument.startsWith('--inspect');
  const isInspected = execArgv.some((argument) => isInspector(argument));
  // Node itself drops --eval from what it inherits, where that is left unchanged.
  if (!isInspected && maxHeapMb === undefined) return undefined;
  const inherited = execArgv.filter((argument) => !isInspector(argument));
  return maxHeapMb === undefined
    ? inherited
    : [...withoutEval(inherited), `--max-old-space-size=${maxHeapMb}`];
}

function withoutEval(execArgv: readonly string[]): readonly string[] {
  const at = execArgv.findIndex((argument) => ['-e', '--eval', '-p', '--print'].includes(argument));
  return at === -1 ? execArgv : [...execArgv.slice(0, at), ...execArgv.slice(at + 2)];
}
