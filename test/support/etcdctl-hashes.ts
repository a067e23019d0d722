import { execa } from "execa";

/** What `etcdctl endpoint hashkv` says of the members at these addresses, one hash each. Rejects where any of them does not answer. */
export async function etcdctlHashes(addresses: readonly string[]): Promise<readonly number[]> {
  const args = ["--endpoints", addresses.join(","), "-w", "json", "endpoint", "hashkv"];
  const { stdout } = await execa("etcdctl", args, { env: { ETCDCTL_API: "3" } });
  const answers = JSON.parse(stdout) as readonly { readonly HashKV: { readonly hash: number } }[];
  return answers.map(({ HashKV }) => HashKV.hash);
}
