import type { ListenAddress } from './listen-check.js';
import { runApplication } from './run-application.js';

// What `serve --reload` runs: a process of its own, which must not outlive the one that watches,
// however that one ends.
const [, , file = '', asked = '{}'] = process.argv;
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The listener keeps the channel open, and with it a process whose application is done.
process.channel?.unref();

await runApplication(file, JSON.parse(asked) as ListenAddress);
