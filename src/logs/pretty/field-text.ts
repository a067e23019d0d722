/** The texts of a record, made safe for a terminal. */
import { escapeControls } from "../format.js";
import { isPrintableAscii } from "./display-width.js";

export type Shown = (text: string) => string;

/** {@link escapeControls}, without its cost for the many texts that hold nothing to escape. */
export const escaped: Shown = (text) => (isPrintableAscii(text) ? text : escapeControls(text));

/** Bare where nothing in it could be mistaken for the end of the value, as JSON otherwise. */
export function fieldText(value: unknown, shown: Shown): string {
  switch (typeof value) {
    case "string":
      if (isBareAscii(value)) return value;
      return bare.test(value) ? shown(value) : shown(JSON.stringify(value));
    case "number":
    case "boolean":
      return String(value);
    default:
      return shown(JSON.stringify(value) ?? "undefined");
  }
}

const bare = /^[^\s"=]+$/;

/** As {@link bare}, of printable ASCII only. */
function isBareAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code > 0x7e || code === 0x22 || code === 0x3d) return false;
  }
  return text !== "";
}
