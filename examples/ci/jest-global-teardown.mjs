// Removes what jest-global-setup.mjs has booted.
export default async function teardown() {
  await globalThis.deviousCluster?.down();
}
