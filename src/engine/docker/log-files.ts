/** What a container's inspection says of its log driver and the driver's options. */
interface LogConfig {
  readonly Type: string;
  readonly Config?: Readonly<Record<string, string>> | null;
}

/** Where nothing else is asked for (docs.docker.com, "Local file logging driver", "JSON File logging driver"). */
const usualSizes: Readonly<Record<string, string>> = { local: "20m" };

/**
 * How large a file of the log grows before the engine rotates it; undefined: it never does, or the size is written in no way that is known.
 * Of drivers that keep no file, what is read is the engine's own copy, which it keeps as `local` does.
 */
export function logFileBytes(config: LogConfig | undefined): number | undefined {
  const { Type: driver = "json-file", Config: options } = config ?? {};
  if (driver === "journald") return undefined;
  const cache = driver === "json-file" || driver === "local" ? "" : "cache-";
  const usual = cache === "" ? usualSizes[driver] : usualSizes["local"];
  return bytesOf(options?.[`${cache}max-size`] ?? usual ?? "");
}

/** `1k`, `50m`, `20MiB`: units are powers of 1024, as the engine counts (go-units, `RAMInBytes`). */
function bytesOf(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  return number === undefined ? undefined : Math.floor(Number(number) * 1024 ** units.indexOf(unit.toLowerCase()));
}

const units = ["", "k", "m", "g", "t", "p"];
