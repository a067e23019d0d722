/**
 * How many columns of a terminal a text takes, after Unicode's East Asian Width (UAX #11) and emoji properties. Where terminals differ, as with
 * emoji joined to one picture, it is the most that any of them takes: a row may end early, never late.
 */

/** U+0020 to U+007E only: one column each, nothing to escape. */
export function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Columns of a text without control characters. */
export function displayWidth(text: string): number {
  if (isPrintableAscii(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += charWidth(char);
  return columns;
}

/** Columns of one code point. */
export function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  // asks for the picture, which is wider, of a character that is text by itself
  if (code === 0xfe0f) return 1;
  if (isWide(code) || (pictures.test(char) && !isRegionalIndicator(code))) return 2;
  return invisible.test(char) ? 0 : 1;
}

/** A code point that belongs to the one before it, so that no row can begin with it. */
export function isAttached(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code >= 0x300 && (attached.test(char) || code === zeroWidthJoiner || (code >= 0x1f3fb && code <= 0x1f3ff));
}

export const zeroWidthJoiner = 0x200d;
const pictures = /^\p{Emoji_Presentation}$/u;
const invisible = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;
const attached = /^\p{M}$/u;

/** Two of them make a flag of two columns. */
function isRegionalIndicator(code: number): boolean {
  return code >= 0x1f1e6 && code <= 0x1f1ff;
}

/** First and last code point of what is wide or full-width without being a picture, and blocks in which new pictures appear. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return code >= 0x1100 && wideRanges.some(([first, last]) => code >= first && code <= last);
}
