/** What is drawn with: signs of Unicode, or of ASCII where the terminal, or who reads the file, may take nothing else. */

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether text is written in UTF-8, by the rule of POSIX: the first of LC_ALL, LC_CTYPE and LANG that says something decides. Where none
 * does, that is the locale C, and ASCII; but for macOS, whose terminals are all UTF-8 and whose logins by ssh set nothing. The console of
 * Linux has too few glyphs for what we draw, whatever its locale.
 */
export function takesUtf8(env: Environment, platform: NodeJS.Platform): boolean {
  if (env["TERM"] === "linux") return false;
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  if (locale === undefined) return platform === "darwin";
  return /\.utf-?8(?:@.*)?$|^utf-?8$/i.test(locale);
}

const stands: ReadonlyMap<string, string> = new Map([
  ["▁", "."],
  ["▂", ":"],
  ["▃", "-"],
  ["▅", "="],
  ["▇", "#"],
  ["█", "#"],
  ["▓", "="],
  ["▒", "="],
  ["▾", "*"],
  ["─", "-"],
  ["✔", "+"],
  ["✖", "x"],
  ["·", "-"],
  ["–", "-"],
  ["…", "~"],
]);

/** The same text, with a letter of ASCII for each sign that we draw with; columns stay where they are. */
export function asAscii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (sign) => stands.get(sign) ?? sign);
}
