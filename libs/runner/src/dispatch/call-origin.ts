/** The request that a call of a runner is made for. */
export interface CallOrigin {
  /** As the request's log lines and errors name it. */
  readonly requestId: string;
  /** Of the request's span, as W3C's header of this name has it; absent where nobody traces. */
  readonly traceparent?: string | undefined;
}

/** Origins as the head of a call frame has them. */
export type WireOrigins = readonly (readonly [requestId: string, traceparent?: string])[];

interface OriginHolder {
  readonly call: { readonly origin: CallOrigin | undefined };
}

/** The requests that the calls of a batch are for; undefined where no call tells. */
export function packOrigins(calls: readonly OriginHolder[]): WireOrigins | undefined {
  let origins: (readonly [string, string?])[] | undefined;
  let last: CallOrigin | undefined;
  for (const { call } of calls) {
    const { origin } = call;
    // The calls of one request mostly lie side by side.
    if (origin === undefined || origin === last) continue;
    last = origin;
    const { requestId, traceparent } = origin;
    (origins ??= []).push(traceparent === undefined ? [requestId] : [requestId, traceparent]);
  }
  return origins;
}

export function unpackOrigins(origins: WireOrigins): readonly CallOrigin[] {
  return origins.map(([requestId, traceparent]) =>
    traceparent === undefined ? { requestId } : { requestId, traceparent },
  );
}
