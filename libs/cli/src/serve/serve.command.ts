import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { homeOption } from '../models/models.command.js';
import { examples } from '../output/examples.js';

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a number from 0 to 65535.');
}

function parseWorkers(text: string): string {
  if (text === 'auto' || (/^[1-9]\d*$/.test(text) && Number(text) <= 1024)) return text;
  throw new InvalidArgumentError('Expected a number from 1 to 1024, or auto: one for each core.');
}

/** `bentonest serve`: runs a Nest application. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description(
      'Serves a Nest application: what is compiled already, or a TypeScript entry, which is built first.',
    )
    .argument('[module]', 'a .js or .ts entry, or the folder of a Nest project (default: this one)')
    .option('-p, --port <port>', 'the port, which the application reads as PORT', parsePort)
    .option('--host <host>', 'the host, which the application reads as HOST')
    .option(
      '--workers <count>',
      'API processes of an application that calls serve(): a number or auto',
      parseWorkers,
    )
    .option('--reload', 'build and start again when a source changes')
    .addOption(homeOption())
    .addHelpText(
      'after',
      examples(
        ['bentonest serve --port 8080', 'the project in this folder'],
        ['bentonest serve src/main.ts --reload', 'while you work on it'],
        ['bentonest serve dist/main.js --host 0.0.0.0', 'in production'],
      ),
    )
    .action(async (module, options) => (await import('./serve.js')).serve(module, options));
}
