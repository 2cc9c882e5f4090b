import type { NestMiddleware } from '@nestjs/common';

/** Takes the patterns of `forRoutes`, the global prefix included, as Nest registers a middleware for them. */
export type OnPattern = (pattern: string) => void;

/**
 * Tells mounts the patterns that they are registered for, before the first request: Nest says which
 * middleware it registers to nobody, but reads `use` of it right before.
 */
export class Registrations {
  private next: OnPattern | undefined;

  /** To be called in the constructor. */
  observe(middleware: NestMiddleware, onPattern: OnPattern): void {
    // Where forRoutes comes with exclude, it is that of a class of Nest's above ours.
    const use = Reflect.get(middleware, 'use');
    Object.defineProperty(middleware, 'use', {
      get: () => {
        this.next = onPattern;
        return use;
      },
    });
  }

  /** To be called when Nest begins a registration: whose it is, where that is an observed one's. */
  take(): OnPattern | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }
}
