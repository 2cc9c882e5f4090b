const MAX_SHOWN = 40;

/** A client's text as it may be shown in a message. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
