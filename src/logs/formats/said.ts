import type { LogRecord } from "../../core/log-record.js";

/** What a line says, before it is known where it was said. */
export type Said = Pick<LogRecord, "level" | "event" | "msg" | "fields">;

/** Understands a line of one format, or returns undefined where it is none of that format. Never throws. */
export type Reader = (text: string) => Said | undefined;

export type Fields = Record<string, unknown>;

/** Sets a field whatever its name is: assigned to, `__proto__` would be lost. */
export function put(fields: Fields, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  else fields[key] = value;
}

/**
 * The number or truth value that a text stands for, where it is written exactly as JSON writes it, so that `1`, and not `01` or
 * `9007199254740993`, can be compared as a number and nothing of the text is lost.
 */
export function valueOf(text: string): string | number | boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  const first = text.charCodeAt(0);
  if (!((first >= 48 && first <= 57) || first === 45) || text.length > 24) return text;
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}
