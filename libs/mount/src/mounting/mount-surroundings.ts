import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MountReadiness } from './mounted-app.js';

/** A mounted application that describes itself. */
export interface MountDescription {
  /** The paths that it is mounted at, in the order of registration: of the root, `/*`. To be read after start. */
  endpoints(): readonly string[];
  /** Its OpenAPI document, as plain JSON; undefined where it has none. Rejects where it cannot be had now. */
  read(endpoint: string): Promise<unknown>;
}

/** One request that a mounted application answers, to those who count requests. */
export interface MountReport {
  /** Lets the request in, or throws what is answered in the application's place. */
  admit(): void;
  /**
   * Of a request that is traced, and of no other: does the work with the mount's span as the current one, and
   * what it awaits, too.
   */
  readonly activate?: (<T>(work: () => T) => T) | undefined;
  /** The application passed the request on: it counts as that of whoever answers it. */
  takeBack(): void;
  /** The application failed: an answer that breaks off was not the client's doing. */
  fail(): void;
  /** The connection speaks another protocol from now on (101), or was denied it by the application itself. */
  leaveHttp(statusCode: number): void;
}

/**
 * What the server around a mount does for it. `BentoModule.forRoot()` provides one; without, requests
 * of mounts are not counted, and a wrong method on an own route reaches the mount at the root.
 */
export interface MountSurroundings {
  /** Takes note of an application in a process of its own, for those who ask whether all is ready. */
  watch(readiness: MountReadiness): void;
  /** Takes note of an application that describes itself, for the API document. */
  describe(description: MountDescription): void;
  /** Whether a request came by the address of the server's operators, where no application is served. */
  isForOperators(request: IncomingMessage): boolean;
  /** The other methods that own routes serve a path under; none where nothing serves it. */
  otherMethodsOf(method: string, url: string): readonly string[];
  /** @param endpoint the mount's path, never the request's. */
  report(request: IncomingMessage, response: ServerResponse, endpoint: string): MountReport;
}

/** Provides a {@link MountSurroundings}, from a global module. */
export const MOUNT_SURROUNDINGS = Symbol('bentonest.mount-surroundings');
