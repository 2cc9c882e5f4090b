import type { ServedApp } from '../e2e/served-app.js';

/** Clients that each send their next request when the last one is answered. */
export class Load {
  readonly statuses = new Map<number, number>();
  readonly unanswered: unknown[] = [];
  private isOn = true;
  private readonly clients: Promise<void>[];

  constructor(
    count: number,
    private readonly send: () => ReturnType<ServedApp['post']>,
  ) {
    this.clients = Array.from({ length: count }, () => this.client());
  }

  /** No client sends another request; resolves when all have their last answer. */
  async stop(): Promise<void> {
    this.isOn = false;
    await Promise.all(this.clients);
  }

  private async client(): Promise<void> {
    while (this.isOn) {
      try {
        const answer = await this.send();
        await answer.arrayBuffer();
        this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
      } catch (error) {
        this.unanswered.push(error);
      }
    }
  }
}
