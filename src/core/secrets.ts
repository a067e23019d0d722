/**
 * Takes secrets out of what is shown to others: what a container's environment, command line, labels and spec say. It goes by names and by
 * the usual forms of secrets in a text, so it finds what looks like one; in doubt it masks.
 */

/** What stands in place of a secret. */
const mask = "***";

/** Whole words of a name. */
const secretWords = new Set(["auth", "authorization", "cookie", "cred", "creds", "dsn", "headers", "pwd", "jwt", "otp", "pat"]);
/** Parts of a word. */
const secretParts = /passw|passphrase|passcode|secret|token|credential|signature|bearer|(?:pass|keys?)$/;

/** Names that the engine itself gives, and that name no secret. */
const harmless = new Set(["SandboxKey"]);

/** What we tell our own programs holds no secrets, and is worth reading; but for the headers to send logs with. */
const own = /^DEVIOUS_(?!SHIP_HEADERS$)/;

/** True where a variable, field, flag or header of this name is likely to hold a secret: `DB_PASSWORD`, `apiKey`, `--auth`, `X-Token`. */
export function namesSecret(name: string): boolean {
  if (own.test(name) || harmless.has(name)) return false;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some((word) => secretWords.has(word) || secretParts.test(word));
}

/** Everything JSON can say, its secrets masked: by the names of fields, `NAME=value` in lists, flags before their value, and {@link maskText}. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return maskList(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, namesSecret(name) ? maskAll(inner) : maskSecrets(inner)]),
  );
}

/** An environment or a command line, as often as not. */
function maskList(values: readonly unknown[]): readonly unknown[] {
  return values.map((value, i) => {
    if (typeof value !== "string") return maskSecrets(value);
    const before = values[i - 1];
    const flag = typeof before === "string" ? /^--?([\w.-]+)$/.exec(before)?.[1] : undefined;
    if (flag !== undefined && namesSecret(flag) && !value.startsWith("-")) return mask;
    // a whole entry is one assignment, whatever its value looks like
    const [, head = "", name = ""] = /^(-*([\w.-]+)=)/.exec(value) ?? [];
    if (namesSecret(name)) return `${head}${mask}`;
    return own.test(name) ? value : maskText(value);
  });
}

/** What is under a secret's name holds nothing else. */
function maskAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskAll);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskAll(inner)]));
  }
  return value === null || value === "" || typeof value === "boolean" ? value : mask;
}

/**
 * A text with what looks like a secret in it masked: user and password of URLs, `password=…` and `--password …`, `"password": "…"`, what
 * follows `Bearer` or `Basic`, private keys.
 */
export function maskText(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask)
    .replace(/\b([a-z][a-z\d+.-]*:\/\/)(?:[^\s/?#@:]*:\S*|[^\s/?#@]+)@/gi, `$1${mask}@`)
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`)
    .replace(
      /(["'])([\w.-]+)\1(\s*:\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\d.]+)/g,
      (whole, quote: string, name: string, colon: string) =>
        namesSecret(name) ? `${quote}${name}${quote}${colon}"${mask}"` : whole,
    )
    .replace(/([\w.-]+)=("[^"]*"|'[^']*'|[^\s&;]+)/g, (whole, name: string) => (namesSecret(name) ? `${name}=${mask}` : whole))
    .replace(/(--?([\w.-]+)\s+)("[^"]*"|'[^']*'|[^\s-]\S*)/g, (whole, head: string, name: string) =>
      namesSecret(name) ? `${head}${mask}` : whole,
    );
}

/** Shorter ones are in too many words to be masked wherever they are. */
const shortestSecret = 4;

/** Masks these values of variables wherever a text has them, as they are and as JSON writes them; the names say which of them are secret. */
export function maskerOf(variables: Iterable<readonly [name: string, value: string]>): (text: string) => string {
  const values = new Set<string>();
  for (const [name, value] of variables) {
    if (!namesSecret(name) || value.length < shortestSecret) continue;
    values.add(value).add(JSON.stringify(value).slice(1, -1));
  }
  // one may be a part of another
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, value) => shown.replaceAll(value, mask), text);
}
