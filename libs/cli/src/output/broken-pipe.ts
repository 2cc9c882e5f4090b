const STREAMS = [process.stdout, process.stderr];

function onError(error: NodeJS.ErrnoException): void {
  // Who reads has what they wanted, as in `bentonest models list | head -1`.
  if (error.code === 'EPIPE') process.exit();
  throw error;
}

/** Ends the process in silence when nobody reads on. */
export function endOnBrokenPipe(): void {
  for (const stream of STREAMS) stream.on('error', onError);
}

/** Leaves it to the application, which is to end in order and not in silence. */
export function leaveBrokenPipe(): void {
  for (const stream of STREAMS) stream.off('error', onError);
}
