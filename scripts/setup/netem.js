/** Real netem for the tests: this kernel's, or that of a User-Mode Linux guest (docs/hacking.md). */
import { install, mayInstall, missingPackages } from "./debian.js";
import { succeeds } from "./run.js";

/** Never fails: where neither can be had, those tests are skipped and say why (and CI refuses skips). */
export function wantNetem() {
  if (process.platform !== "linux") return;
  if (succeeds("unshare", ["--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"])) return;
  const packages = missingPackages(["linux.uml", "modprobe"]);
  if (packages.length === 0 || !mayInstall()) return;
  try {
    install(packages);
  } catch (error) {
    console.log(`No netem guest: ${error.message}`);
  }
}
