#!/usr/bin/env node
import { endBySignal } from './end-by-signal.js';
import { endOnBrokenPipe } from './output/broken-pipe.js';
import { runCli } from './run-cli.js';

endOnBrokenPipe();
const exitCode = await runCli(process.argv.slice(2));
if (exitCode > 128) endBySignal(exitCode - 128);
// Not process.exit(), which would cut off what a pipe has not yet taken; and what an application that
// `serve` loaded made of its own exit code stands.
if (exitCode !== 0) process.exitCode = exitCode;
