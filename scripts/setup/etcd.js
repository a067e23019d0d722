/** Debian's etcd, which the unit tier compares our store with (docs/hacking.md). */
import { existsSync } from "node:fs";
import { install, mayInstall, missingPackages } from "./debian.js";

/** Never fails: where it cannot be had, those tests are skipped and say so. */
export function wantEtcd() {
  const packages = missingPackages(["etcd"]);
  if (packages.length === 0 || !mayInstall()) return;
  // The package brings a service, which systemd would start: a machine that people use keeps its port 2379.
  if (existsSync("/run/systemd/system")) return;
  try {
    install(packages);
  } catch (error) {
    console.log(`No etcd to compare with: ${error.message}`);
  }
}
