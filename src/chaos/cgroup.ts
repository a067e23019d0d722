/**
 * Limits as the text of control group files, for both versions: cgroups(7), and in the kernel's own documentation sched-bwc and
 * cgroup-v1/memory, cgroup-v2. Not by the engine's update, which cannot set back to "unlimited" and keeps in the container what it was told.
 *
 * A limit only ever takes away: what was tighter before stays as it was.
 */
import type { Limits } from "./desired-state.js";

/** File, from the root of all control groups -> its text, without the newline. */
export type Texts = Readonly<Record<string, string>>;

type Controller = "cpu" | "memory";

/** Where one controller keeps a process. */
interface Group {
  readonly version: 1 | 2;
  /** From the root of all control groups. */
  readonly path: string;
}

/** `membership`: the text of /proc/PID/cgroup. Undefined where the process is in no group of this controller. */
function groupOf(membership: string, controller: Controller): Group | undefined {
  const lines = membership.split("\n").map((line) => /^\d+:(?<controllers>[^:]*):(?<path>\/.*)$/.exec(line)?.groups);
  const v1 = lines.find((line) => line?.["controllers"]?.split(",").includes(controller));
  if (v1?.["path"] !== undefined) return { version: 1, path: `${controller}${trimmed(v1["path"])}` };
  const v2 = lines.find((line) => line?.["controllers"] === "");
  return v2?.["path"] === undefined ? undefined : { version: 2, path: trimmed(v2["path"]).slice(1) };
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}

/** A file of a limit. Swap is not counted everywhere: without that file the limit holds all the same. */
export interface LimitFile {
  readonly path: string;
  readonly optional: boolean;
}

/** The files that these limits are written to: what they say before is what they have to say again afterwards. */
export function limitFiles(membership: string, { cpus, memoryBytes }: Limits): readonly LimitFile[] {
  const asked = [...(cpus === null ? [] : (["cpu"] as const)), ...(memoryBytes === null ? [] : (["memory"] as const))];
  return asked.flatMap((controller) => {
    const group = groupOf(membership, controller);
    if (group === undefined) return [];
    return names[controller][group.version].map((name) => ({ path: `${group.path}/${name}`, optional: optionalNames.has(name) }));
  });
}

const names = {
  cpu: { 1: ["cpu.cfs_period_us", "cpu.cfs_quota_us"], 2: ["cpu.max"] },
  memory: { 1: ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"], 2: ["memory.max", "memory.swap.max"] },
} as const;

const optionalNames: ReadonlySet<string> = new Set(["memory.memsw.limit_in_bytes", "memory.swap.max"]);

/** What a container was made with, and updated to, as its HostConfig has it: 0 where nothing was said. */
export interface MadeWith {
  /** Billionths of a processor. */
  readonly nanoCpus: number;
  /** Microseconds. */
  readonly cpuQuota: number;
  readonly cpuPeriod: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes of memory and swap together; -1: any amount of swap, 0: as much swap as memory. */
  readonly memorySwap: number;
}

/** What these files say in a group that the engine has just made and nobody has written to since. */
export function madeTexts(paths: readonly string[], made: MadeWith): Texts {
  return Object.fromEntries(paths.map((path) => [path, madeText(split(path)[1], made)]));
}

function madeText(name: string, { nanoCpus, cpuQuota, cpuPeriod, memory, memorySwap }: MadeWith): string {
  const period = nanoCpus > 0 || cpuPeriod <= 0 ? usualPeriodUs : cpuPeriod;
  const quota = nanoCpus > 0 ? Math.floor((nanoCpus * usualPeriodUs) / 1e9) : cpuQuota > 0 ? cpuQuota : -1;
  const withSwap = memory <= 0 || memorySwap < 0 ? -1 : memorySwap === 0 ? 2 * memory : memorySwap;
  switch (name) {
    case "cpu.cfs_period_us":
      return String(period);
    case "cpu.cfs_quota_us":
      return String(quota);
    case "cpu.max":
      return `${quota === -1 ? "max" : quota} ${period}`;
    case "memory.limit_in_bytes":
      return memory > 0 ? String(memory) : unlimitedBytes;
    case "memory.memsw.limit_in_bytes":
      return withSwap === -1 ? unlimitedBytes : String(withSwap);
    case "memory.max":
      return memory > 0 ? String(memory) : "max";
    default:
      return withSwap === -1 ? "max" : String(withSwap - memory);
  }
}

/** As version 1 spells it where pages are smallest; with larger ones it is the same number of those below. */
const unlimitedBytes = "9223372036854771712";

/** What the files with these originals have to say under the limits: without any, the originals themselves. */
export function limitedTexts(originals: Texts, limits: Limits): Texts {
  const files = Object.entries(originals).map(([path, text]) => [path, limitedText(path, text, originals, limits)] as const);
  return Object.fromEntries(files);
}

function limitedText(path: string, original: string, originals: Texts, { cpus, memoryBytes }: Limits): string {
  const [folder, name] = split(path);
  switch (name) {
    case "cpu.cfs_period_us":
    case "cpu.cfs_quota_us": {
      if (cpus === null) return original;
      const { quota, period } = bandwidth(originals[`${folder}cpu.cfs_quota_us`], originals[`${folder}cpu.cfs_period_us`], cpus);
      return String(name === "cpu.cfs_quota_us" ? quota : period);
    }
    case "cpu.max": {
      if (cpus === null) return original;
      const [quota, period] = original.split(" ");
      const wanted = bandwidth(quota === "max" ? "-1" : quota, period, cpus);
      return wanted.quota === -1 ? original : `${wanted.quota} ${wanted.period}`;
    }
    case "memory.limit_in_bytes":
    case "memory.memsw.limit_in_bytes":
    case "memory.max":
      return memoryBytes === null ? original : lower(original, memoryBytes);
    case "memory.swap.max":
      return memoryBytes === null ? original : "0";
    default:
      return original;
  }
}

function split(path: string): [folder: string, name: string] {
  const end = path.lastIndexOf("/") + 1;
  return [path.slice(0, end), path.slice(end)];
}

/** The kernel takes no quota below a millisecond; with this period the least that can be asked for comes to that. */
const usualPeriodUs = 100_000;
const leastQuotaUs = 1000;

/** Quota and period in microseconds; the quota -1: no limit. */
function bandwidth(quotaText = "-1", periodText = String(usualPeriodUs), cpus: number): { quota: number; period: number } {
  const [quota, period] = [Number(quotaText), Number(periodText)];
  if (quota >= 0 && quota / period <= cpus) return { quota, period };
  const wanted = cpus * period >= leastQuotaUs ? period : usualPeriodUs;
  return { quota: Math.round(cpus * wanted), period: wanted };
}

/** The kernel counts memory in pages, of 64 KiB at most: a whole number of those is read back as it was written. */
const largestPage = 65_536;

function lower(original: string, bytes: number): string {
  const wanted = bytes - (bytes % largestPage);
  return original === "max" || BigInt(original) > BigInt(wanted) ? String(wanted) : original;
}

/** Whether a file that says the one says the other: bytes are read back as a whole number of pages, rounded down. */
function isSame(path: string, text: string | undefined, wanted: string): boolean {
  if (text === wanted) return true;
  if (!/\/memory\.[^/]*$/.test(path) || text === undefined || text === "max" || wanted === "max") return false;
  return BigInt(text) / BigInt(largestPage) === BigInt(wanted) / BigInt(largestPage);
}

/** What to write, in an order in which no step is refused: memory alone is never above memory with swap, no quota outgrows its period. */
export function writesBetween(current: Texts, wanted: Texts): readonly (readonly [path: string, text: string])[] {
  const changed = Object.entries(wanted).filter(([path, text]) => !isSame(path, current[path], text));
  const grows = changed.some(([path, text]) => path.endsWith("limit_in_bytes") && BigInt(text) > BigInt(current[path] ?? text));
  const periodShrinks = changed.some(
    ([path, text]) => path.endsWith("cpu.cfs_period_us") && Number(text) < Number(current[path] ?? text),
  );
  const rank = (path: string): number => {
    if (path.endsWith("memsw.limit_in_bytes")) return grows ? 0 : 2;
    return path.endsWith("cpu.cfs_period_us") && periodShrinks ? 2 : 1;
  };
  return changed.sort(([a], [b]) => rank(a) - rank(b));
}
