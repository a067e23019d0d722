/** Packages of Debian and its relatives. */
import { findProgram, runQuietly } from "./run.js";
import { Trouble } from "./trouble.js";

/** Programs this project looks for -> the package each comes in. */
const packageOf = {
  dockerd: "docker.io",
  iptables: "iptables",
  nft: "nftables",
  ip: "iproute2",
  tc: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  modprobe: "kmod",
  etcdctl: "etcd-client",
  "linux.uml": "user-mode-linux",
  etcd: "etcd-server",
};

/** Packages of those `programs` that are not there. */
export function missingPackages(programs) {
  return [...new Set(programs.filter((program) => findProgram(program) === undefined).map((program) => packageOf[program]))];
}

export function mayInstall() {
  return process.platform === "linux" && process.getuid() === 0 && findProgram("apt-get") !== undefined;
}

/** What a person types to install `packages`. */
export function installCommand(packages) {
  return `sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
}

let listsAreFresh = false;

/** Installs packages and nothing that is only recommended; never removes any, restarts nothing else, asks nothing. */
export function install(packages) {
  console.log(`Installing ${packages.join(" ")} (apt-get)`);
  const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" };
  const patient = ["-q", "-o", "DPkg::Lock::Timeout=120"];
  if (!listsAreFresh) update(patient, env);
  listsAreFresh = true;
  runQuietly(
    "apt-get",
    [...patient, "install", "-y", "--no-install-recommends", "--no-remove", "-o", "Dpkg::Options::=--force-confold", ...packages],
    { env, timeoutMs: 900_000 },
  );
}

/** One source of many that is out of order must not stop us: the packages may well come from another. */
function update(patient, env) {
  try {
    runQuietly("apt-get", [...patient, "update"], { env, timeoutMs: 300_000 });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    console.log(`${error.message} Going on with the package lists that are here.`);
  }
}
