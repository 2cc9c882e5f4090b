import { spawn } from 'node:child_process';

/** Lines of a failed program's output that its error shows. */
const SHOWN_LINES = 12;

export interface ProgramResult {
  /** 0 where it succeeded; undefined where it could not be started. */
  readonly code: number | undefined;
  readonly output: string;
}

/** Runs a program, without a shell, and collects what it prints. */
export function runProgram(file: string, args: readonly string[]): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: undefined, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The end of what a program printed, which is where the reason stands. */
export function lastLines(output: string, count = SHOWN_LINES): string {
  return output.trim().split('\n').slice(-count).join('\n');
}
