const MAX_LENGTH = 80;

/** Text of a caller as it may stand in a message and a log line: in ASCII, escaped and shortened. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.slice(0, MAX_LENGTH)).replaceAll(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_LENGTH ? `${shown.slice(0, -1)}…"` : shown;
}
