/** etcd's own command line, for the tests that type at the store with it. */
import { install, mayInstall, missingPackages } from "./debian.js";

/** Never fails: where it cannot be had, those tests are skipped and say why (and CI refuses skips). */
export function wantEtcdctl() {
  const packages = missingPackages(["etcdctl"]);
  if (packages.length === 0 || !mayInstall()) return;
  try {
    install(packages);
  } catch (error) {
    console.log(`No etcdctl: ${error.message}`);
  }
}
