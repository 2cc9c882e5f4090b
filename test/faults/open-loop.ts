import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OpenLoopAnswer {
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | undefined;
}

export interface OpenLoop {
  readonly url: string;
  readonly body: string;
  /** Requests a second, whether those before are answered or not. */
  readonly rate: number;
  readonly durationMs: number;
}

const TICK_MS = 5;

/** Sends requests at a fixed rate; resolves when all are answered. */
export async function openLoop(options: OpenLoop): Promise<OpenLoopAnswer[]> {
  const agent = new Agent({ keepAlive: true });
  const answers: Promise<OpenLoopAnswer>[] = [];
  const startedAt = performance.now();
  for (;;) {
    const elapsed = performance.now() - startedAt;
    if (elapsed >= options.durationMs) break;
    const due = Math.floor((elapsed * options.rate) / 1000);
    while (answers.length < due) answers.push(send(agent, options));
    await sleep(TICK_MS);
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}

function send(agent: Agent, { url, body }: OpenLoop): Promise<OpenLoopAnswer> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const call = request(url, { agent, method: 'POST', headers }, (response: IncomingMessage) => {
      response.resume();
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, ms: performance.now() - sentAt, retryAfter: received['retry-after'] });
      });
    });
    // Counts as unanswered.
    call.on('error', () => resolve({ status: 0, ms: Number.NaN, retryAfter: undefined }));
    call.end(body);
  });
}
