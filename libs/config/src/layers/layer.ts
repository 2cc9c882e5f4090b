/** What one source has set. */
export interface Layer {
  readonly values: unknown;
  /** Where a key is set, for messages: `bentonest.yaml:12`, or the variable's name. */
  readonly placeOf: (path: readonly string[]) => string;
}
