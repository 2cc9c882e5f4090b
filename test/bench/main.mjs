// npm run bench: the sources beside this file are TypeScript, built before; command-line.ts has the options.
await import('../../dist/test/bench/command-line.js');
