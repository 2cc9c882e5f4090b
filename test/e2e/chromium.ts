import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The system's Chromium (CHROMIUM_PATH, else by its names on PATH), or undefined, said aloud. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const configured = process.env.CHROMIUM_PATH;
  const found = [...(configured === undefined ? [] : [configured]), ...candidates].find((path) =>
    isExecutable(path),
  );
  if (found === undefined) {
    console.warn('SWAGGER UI IS NOT TESTED: no Chromium is installed. Set CHROMIUM_PATH to one.');
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
