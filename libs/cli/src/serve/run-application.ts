import { pathToFileURL } from 'node:url';
import { leaveBrokenPipe } from '../output/broken-pipe.js';
import { tell } from '../output/tell.js';
import { explainMistake } from './explain-mistake.js';
import { checkListening } from './listen-check.js';
import type { ListenAddress } from './listen-check.js';

/**
 * Runs the application in this very process, so that signals, the exit code and the terminal are its
 * own, and no process stands between it and who started it.
 */
export async function runApplication(file: string, asked: ListenAddress): Promise<void> {
  leaveBrokenPipe();
  checkListening(asked, tell);
  process.argv = [process.execPath, file];
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    const mistake = explainMistake(error);
    if (mistake !== undefined) {
      tell(mistake);
      process.exit(1);
    }
    // A failure of the application is not the command's: Node prints it with its stack and exits with 1.
    setImmediate(() => {
      throw error;
    });
  }
}
