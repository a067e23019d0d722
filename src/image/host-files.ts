import { access, readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";
import { imagePaths } from "./recipe.js";

/** A file of this machine and where it goes in the image. */
export interface HostFile {
  readonly source: string;
  readonly target: string;
}

interface Tool {
  readonly name: string;
  /** Names that the one binary answers to, by its argv[0]. */
  readonly links: readonly string[];
  readonly debianPackage: string;
}

/** What the agent runs. Only the legacy iptables is taken: where nf_tables exists the agent uses nft itself. */
const tools: readonly Tool[] = [
  { name: "tc", links: [], debianPackage: "iproute2" },
  { name: "ip", links: [], debianPackage: "iproute2" },
  { name: "nft", links: [], debianPackage: "nftables" },
  { name: "nsenter", links: [], debianPackage: "util-linux" },
  { name: "unshare", links: [], debianPackage: "util-linux" },
  {
    name: "xtables-legacy-multi",
    links: ["iptables", "ip6tables", "iptables-save", "ip6tables-save", "iptables-restore", "ip6tables-restore"],
    debianPackage: "iptables",
  },
];

const toolDirs = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

export interface HostTool {
  readonly source: string;
  readonly target: string;
  /** Other absolute paths in the image that lead to `target`. */
  readonly links: readonly string[];
}

/** Node, as it runs this program, and the network tools; an error names every package that is missing. */
export async function findTools(): Promise<readonly HostTool[]> {
  const found = await Promise.all(tools.map(async (tool) => ({ tool, source: await findTool(tool.name) })));
  const missing = found.filter(({ source }) => source === undefined).map(({ tool }) => tool);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((tool) => tool.debianPackage))].join(" ");
    throw new DeviousError(
      "IMAGE_BUILD",
      `The node image needs ${missing.map((tool) => tool.name).join(", ")} from this machine.`,
      {
        hint: `On Debian or Ubuntu: sudo apt-get install ${packages}`,
      },
    );
  }
  return [
    { source: process.execPath, target: imagePaths.node, links: [] },
    ...found.map(({ tool, source }) => ({
      source: source as string,
      target: `/usr/sbin/${tool.name}`,
      links: tool.links.map((name) => `/usr/sbin/${name}`),
    })),
  ];
}

async function findTool(name: string): Promise<string | undefined> {
  for (const dir of toolDirs) {
    const file = path.join(dir, name);
    if (await exists(file)) return file;
  }
  return undefined;
}

/** The shared libraries of these programs, by ldd(1), and the folders that tc and iptables load from at run time. */
export async function findLibraries(programs: readonly string[]): Promise<readonly HostFile[]> {
  const plugins = await findPlugins();
  const listed = await Promise.all([...programs, ...plugins.filter((file) => file.endsWith(".so"))].map(librariesOf));
  const files = new Set([...listed.flat(), ...plugins]);
  return [...files].sort().map((source) => ({ source, target: source }));
}

async function librariesOf(program: string): Promise<readonly string[]> {
  // loaded here, since most commands look at an image that is built already
  const { execa } = await import("execa");
  const { stdout } = await execa("ldd", [await realpath(program)], { reject: false });
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}

/** tc's distribution tables and iptables' extensions, at the places the programs were compiled to look in. */
async function findPlugins(): Promise<readonly string[]> {
  const libDirs = ["/usr/lib64", "/usr/lib", ...(await multiarchDirs())];
  const wanted = [
    { dir: "tc", keep: (name: string) => name.endsWith(".dist") },
    { dir: "xtables", keep: (name: string) => /^lib(xt|ipt|ip6t)_.*\.so$/.test(name) },
  ];
  const found = await Promise.all(
    libDirs.flatMap((libDir) =>
      wanted.map(async ({ dir, keep }) => {
        const folder = path.join(libDir, dir);
        if (!(await exists(folder))) return [];
        return (await readdir(folder)).filter(keep).map((name) => path.join(folder, name));
      }),
    ),
  );
  return found.flat();
}

async function multiarchDirs(): Promise<readonly string[]> {
  return (await readdir("/usr/lib")).filter((name) => name.endsWith("-linux-gnu")).map((name) => path.join("/usr/lib", name));
}

/** What tells one build of these files from another without reading a hundred megabytes: path, size and time of change. */
export async function fingerprint(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
  return facts.join("\n");
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
