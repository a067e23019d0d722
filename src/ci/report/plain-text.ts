/** What nodes say may hold anything. Here it becomes text that shows as what it says, and does nothing to who reads it. */

const [escape, bell] = ["\x1b", "\x07"];

/** Colours, cursor movements and titles of terminals (ECMA-48): CSI and OSC sequences, and those of one letter. */
const sequences = new RegExp(
  `${escape}(?:\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)?|\\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~])`,
  "g",
);

/** Control characters, signs that turn the direction of text, and what is no character at all. */
const unwanted = /[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Lines end in `\n`; nothing is left that XML 1.0 forbids or a terminal obeys. */
export function plainText(text: string): string {
  return text
    .replace(sequences, "")
    .replace(/\r\n?/g, "\n")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(unwanted, (sign) => (sign === "\n" || sign === "\t" ? sign : ""));
}
