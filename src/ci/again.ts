/** Flags of `run` that say how often, or how the result is told: not part of one run that is to be repeated. */
const dropped = { "--seed": 1, "--repeat": 1, "--fail-fast": 0, "--junit": 1, "--json": 0 } as const;

/**
 * The line that makes the same run once more, to be pasted into a shell. `typed`: what stood between `run` and `--`; `words`: the command
 * behind it.
 */
export function againLine(typed: readonly string[], words: readonly string[], seed: number): string {
  const kept: string[] = [];
  for (let at = 0; at < typed.length; at++) {
    const word = typed[at] ?? "";
    const [flag = ""] = word.split("=");
    if (!isDropped(flag)) kept.push(word);
    else if (word === flag) at += dropped[flag];
  }
  return pasteable(["devious", "run", ...kept, "--seed", String(seed), "--", ...words]);
}

function isDropped(flag: string): flag is keyof typeof dropped {
  return flag in dropped;
}

/** One line for a POSIX shell that reads these words out of it. */
export function pasteable(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
