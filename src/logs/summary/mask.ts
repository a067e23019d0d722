/**
 * What varies from one message to the next, masked before messages are compared: the preprocessing that Drain asks for, in one
 * pass over the text instead of a list of regular expressions.
 */

/** Stands in a template for what varies. */
export const parameter = "<*>";

/** What is said after so many characters, or after the first line (a stack trace), is one parameter. */
const mostChars = 512;

/** Letters alone are hexadecimal from this length on: shorter ones may be words ("facade"). */
const leastHexLetters = 8;

const separator = 0;
const space = 1;
const letter = 2;
const hexLetter = 3;
const digit = 4;

const newline = 0x0a;
const colon = 0x3a;
const slash = 0x2f;
const comma = 0x2c;

/** The kind of every ASCII character; all others are letters. What holds a word together: `10.0.0.1`, `-3%`, `req_12`, `v1+2`. */
const kinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[0-9]/.test(char)) return digit;
  if (/[a-fA-F]/.test(char)) return hexLetter;
  if (/[g-zG-Z_.%$#@+\\-]/.test(char)) return letter;
  return /\s/.test(char) ? space : separator;
});

/**
 * `took 12.5ms for 10.0.0.1:2379` -> `took <*> for <*>`. A word with a digit in it varies (numbers, ids, durations, addresses,
 * stamps, names of nodes), as does a long one of hexadecimal letters. Words end at space and at `= : / , ; ( ) [ ] { } " ' < > |`,
 * so that keys and paths stay: `term=3` -> `term=<*>`, `/kv/12/x` -> `/kv/<*>/x`. What varies side by side is one parameter
 * however many parts it has: `[1,2,3]` and `[1]` are both `[<*>]`.
 */
export function mask(said: string): string {
  const text = withoutColours(said);
  const end = Math.min(text.length, mostChars);
  let masked = "";
  // what was taken over or masked already
  let done = 0;
  let wordStart = -1;
  let hasDigit = false;
  let isHex = true;
  let hasWords = false;
  // the separators since the last parameter join it to the next one
  let joins = false;

  for (let at = 0; at <= end; at++) {
    const code = at < end ? text.charCodeAt(at) : newline;
    const kind = code < 128 ? kinds[code] : letter;
    if (kind !== separator && kind !== space) {
      if (wordStart < 0) {
        wordStart = at;
        hasDigit = false;
        isHex = true;
        hasWords = true;
      }
      if (kind === digit) hasDigit = true;
      else if (kind !== hexLetter) isHex = false;
      continue;
    }
    if (wordStart >= 0) {
      if (hasDigit || (isHex && at - wordStart >= leastHexLetters)) {
        if (!joins) masked += text.slice(done, wordStart) + parameter;
        done = at;
        joins = true;
      } else joins = false;
      wordStart = -1;
    }
    if (code === newline && hasWords) return masked + text.slice(done, at) + rest(text, at);
    joins &&= code === colon || code === slash || code === comma;
  }
  return masked + text.slice(done, end) + rest(text, end);
}

/** What stands for the text from `at` on: a word of its own, or the rest of a word that was cut. */
function rest(text: string, at: number): string {
  const left = text.slice(at);
  if (left.trim() === "") return "";
  return left.trimStart() === left ? parameter : ` ${parameter}`;
}

const escape = "\u001b";
const colours = new RegExp(`${escape}\\[[\\d;]*m`, "g");

/** Without the escape sequences that only colour. */
export function withoutColours(text: string): string {
  return text.includes(escape) ? text.replace(colours, "") : text;
}
