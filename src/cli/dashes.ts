/**
 * What is typed before `--` and after it, as it was typed: oclif gives the words of a command without their places, so that words which
 * are there twice change them.
 */
export function splitAtDashes(argv: readonly string[]): readonly [typed: readonly string[], words: readonly string[]] {
  const at = argv.indexOf("--");
  return at < 0 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
}
