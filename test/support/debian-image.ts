/**
 * Images for tests from packages of Debian, since no registry can be counted on: apt finds a package and all it depends on, dpkg unpacks
 * them into a folder, `docker import` makes an image of it. Nothing is installed or started on this machine, and no package's own scripts
 * run. Three to seven seconds an image; the packages themselves are kept under node_modules/.cache.
 */
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export interface DebianImage {
  /** What it is called, apart from the process that makes it. */
  readonly name: string;
  readonly packages: readonly string[];
  /** User besides root, with a folder of its own there; packages make it by scripts. */
  readonly user?: { readonly name: string; readonly home: string };
  /** Folder of programs that no PATH has by itself. */
  readonly programs?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Files that can be run, by their absolute path: what images of a registry have beside the packages. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** What every such image has, as images of Debian do. */
const base = ["dash", "coreutils", "grep", "sed", "util-linux", "libc-bin"];

/** What packages depend on to be installed or to look nice, and no server needs to run. */
const needless =
  /^(perl|libperl|.*-perl_|dpkg|adduser|passwd|debconf|ucf|locales|libc-l10n|libsemanage|libsepol|libllvm|libz3|libdb5|libgdbm|init-system|gcc-12|usrmerge|tar_|python3|libpython3|logrotate|cron|media-types)/;
/** Windows, fonts and printers of Java, and the web server of ZooKeeper, which is switched off. */
const needlessForJava =
  /^(libeclipse-jdt|libtomcat|libspring|libjetty|libjnr|libjffi|libmail-java|libasm-java|libharfbuzz|libfreetype|libfontconfig|fontconfig|fonts-|libcups|libavahi|libnss3|libnspr|libasound|liblcms|libjpeg|libpng|libsqlite3|libdbus|junit4)/;
/** The compiler of PostgreSQL's queries wants LLVM; where it is not there, there is none. */
const omitted = ["./usr/share/doc", "./usr/share/man", "./usr/share/info", "./usr/share/locale", "*/llvmjit*"];

const cache = fileURLToPath(new URL("../../node_modules/.cache/debian/", import.meta.url));

/** Builds the image and gives its reference. It is the caller's to remove. */
export async function buildDebianImage({
  name,
  packages,
  user,
  programs,
  environment = {},
  scripts = {},
}: DebianImage): Promise<string> {
  const reference = `devious-test/${name}:${process.pid}`;
  const root = await mkdtemp(path.join(tmpdir(), "devious-debian-"));
  try {
    await layOut(root, user);
    for (const file of await download(name, [...base, ...packages])) await unpack(file, root);
    for (const [file, text] of Object.entries(scripts)) await writeScript(path.join(root, file), text);
    if (user !== undefined) await execa("chown", ["-R", "999:999", path.join(root, user.home)]);
    const variables = {
      PATH: `${programs === undefined ? "" : `${programs}:`}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...environment,
    };
    const changes = Object.entries(variables).flatMap(([key, value]) => ["--change", `ENV ${key}=${value}`]);
    const pack = execa("tar", ["-C", root, "--numeric-owner", "-c", "."], { buffer: false });
    await pack.pipe("docker", ["import", ...changes, "-", reference]);
    return reference;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What packages take for granted: one tree for /bin and /usr/bin, and who users are. */
async function layOut(root: string, user: DebianImage["user"]): Promise<void> {
  for (const folder of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(path.join(root, "usr", folder), { recursive: true });
    await symlink(`usr/${folder}`, path.join(root, folder));
  }
  for (const folder of ["etc", "root", "run", "var/lib"]) await mkdir(path.join(root, folder), { recursive: true });
  await mkdir(path.join(root, "tmp"));
  await chmod(path.join(root, "tmp"), 0o1777);
  const also = user === undefined ? [] : [`${user.name}:x:999:999::${user.home}:/bin/sh`];
  await writeFile(path.join(root, "etc/passwd"), ["root:x:0:0:root:/root:/bin/sh", ...also, ""].join("\n"));
  await writeFile(
    path.join(root, "etc/group"),
    ["root:x:0:", ...(user === undefined ? [] : [`${user.name}:x:999:`]), ""].join("\n"),
  );
  if (user !== undefined) await mkdir(path.join(root, user.home), { recursive: true });
}

async function writeScript(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o755 });
}

/** Files of the packages and of all that they need, as if none was installed on this machine. */
async function download(name: string, packages: readonly string[]): Promise<readonly string[]> {
  const folder = path.join(cache, name);
  await mkdir(folder, { recursive: true });
  const state = path.join(cache, "state");
  const known = ["-o", `Dir::State::status=${path.join(folder, "none-installed")}`];
  await writeFile(path.join(folder, "none-installed"), "");
  try {
    return await fetchAll(folder, packages, known);
  } catch {
    // this machine's lists of packages are missing, or too old for what the mirror has now
    await mkdir(path.join(state, "lists/partial"), { recursive: true });
    const own = [...known, "-o", `Dir::State::lists=${path.join(state, "lists")}`];
    await execa("apt-get", [...own, "-qq", "update"]);
    return fetchAll(folder, packages, own);
  }
}

async function fetchAll(folder: string, packages: readonly string[], known: readonly string[]): Promise<readonly string[]> {
  const options = [...known, "-o", `Dir::Cache=${folder}`, "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"];
  const ask = ["-qq", "-y", "--no-install-recommends", "--print-uris", "install", ...packages];
  const { stdout } = await execa("apt-get", [...options, ...ask]);
  const files = [...stdout.matchAll(/^'[^']*' (\S+\.deb) /gm)].map(([, file = ""]) => file);
  const needed = files.filter((file) => !needless.test(file) && !needlessForJava.test(file));
  const there = await readdir(folder);
  const missing = needed.filter((file) => !there.includes(file));
  const wanted = missing.map((file) => file.replace(/^([^_]+)_([^_]+)_([^_]+)\.deb$/, "$1=$2").replaceAll("%3a", ":"));
  if (wanted.length > 0) await execa("apt-get", [...options, "-qq", "download", ...wanted], { cwd: folder });
  return needed.map((file) => path.join(folder, file));
}

async function unpack(file: string, root: string): Promise<void> {
  const keep = ["--keep-directory-symlink", ...omitted.flatMap((one) => ["--exclude", one])];
  await execa("dpkg-deb", ["--fsys-tarfile", file], { buffer: false }).pipe("tar", ["-x", "-C", root, ...keep]);
}
