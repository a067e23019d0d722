import type { LogRecord } from "../core/log-record.js";

/** Writes one record as one line, without the newline. */
export type Format = (record: LogRecord) => string;

/** One JSON object a line, the record as it is. */
export const formatJson: Format = jsonText;

/** A value as one line of JSON, which itself lets C1 controls pass, which some terminals obey: they are escaped too. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(controls, unicodeEscape);
}

/** C0, DEL and C1, line and paragraph separators, and what turns the direction of text. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Control characters, escape sequences and text direction overrides made visible, so that no node can drive the reader's terminal. */
export function escapeControls(text: string): string {
  return text.replace(controls, (char) => shortEscapes[char] ?? (char < "\u0100" ? hexEscape(char) : unicodeEscape(char)));
}

function hexEscape(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
