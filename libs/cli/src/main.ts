#!/usr/bin/env node
import { runCli } from './run-cli.js';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Who reads has what they wanted, as in `bentonest models list | head -1`.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

const exitCode = await runCli(process.argv.slice(2));
// Not process.exit(), which would cut off what a pipe has not yet taken; and what an application that
// `serve` loaded made of its own exit code stands.
if (exitCode !== 0) process.exitCode = exitCode;
