import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './house.js';

/** What oxlint says of one place in a file. */
export interface Diagnostic {
  /** `plugin(rule)`, as oxlint prints it. */
  readonly code: string;
  readonly line: number;
  readonly help: string;
}

interface Report {
  readonly diagnostics: readonly {
    readonly code?: string;
    readonly message: string;
    readonly help?: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'ES2023',
    types: [],
    strict: true,
    experimentalDecorators: true,
    noEmit: true,
  },
};

/**
 * Runs the project's own oxlint, type-aware and with the project's own configuration, over files
 * that exist only for the run. Keys are paths as in the repository.
 */
export async function lint(
  files: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const tree = await mkdtemp(join(tmpdir(), 'bentonest-architecture-'));
  try {
    await copyFile(`${ROOT}.oxlintrc.json`, join(tree, '.oxlintrc.json'));
    await writeFile(join(tree, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    // oxlint looks for the type-aware half in the tree that it lints.
    await symlink(`${ROOT}node_modules`, join(tree, 'node_modules'), 'junction');
    for (const [path, text] of Object.entries(files)) {
      const file = join(tree, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return group(await run(tree));
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function run(tree: string): Promise<Report> {
  const folders = (await readdir(tree, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const cli = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cli, '--type-aware', '--format', 'json', ...folders],
      { cwd: tree, maxBuffer: 1 << 26 },
      (_, stdout, stderr) => {
        // Exit code 1 is the expected one: there are findings. A broken configuration prints text.
        try {
          resolve(JSON.parse(stdout) as Report);
        } catch (cause) {
          reject(new Error(`oxlint did not run: ${stdout}${stderr}`, { cause }));
        }
      },
    );
  });
}

function group(report: Report): Map<string, Diagnostic[]> {
  const byFile = new Map<string, Diagnostic[]>();
  for (const { filename, code = 'syntax', message, help, labels } of report.diagnostics) {
    const found = byFile.get(filename) ?? [];
    found.push({ code, line: labels[0]?.span.line ?? 0, help: help ?? message });
    byFile.set(filename, found);
  }
  return byFile;
}
