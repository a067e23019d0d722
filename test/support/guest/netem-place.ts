import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Where a test can have real netem: in this kernel, in that of a User-Mode Linux guest, or nowhere, and why. */
export type NetemPlace =
  { readonly kind: "native" } | { readonly kind: "guest" } | { readonly kind: "nowhere"; readonly why: string };

export const guestKernel = "/usr/bin/linux.uml";

/** Asks the kernel itself, in a network namespace that is gone when the question is answered. */
export function findNetem(): NetemPlace {
  if (process.platform !== "linux") return { kind: "nowhere", why: "netem is a part of Linux" };
  if (process.getuid?.() !== 0) return { kind: "nowhere", why: "network namespaces need root" };
  const question = ["--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"];
  if (succeeds("unshare", question)) return { kind: "native" };
  if (!existsSync(guestKernel))
    return { kind: "nowhere", why: "this kernel has no netem, and the package user-mode-linux is not installed" };
  if (!succeeds("modprobe", ["--version"])) return { kind: "nowhere", why: "the guest needs the package kmod" };
  return { kind: "guest" };
}

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, {
      stdio: "ignore",
      timeout: 20_000,
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    });
    return true;
  } catch {
    return false;
  }
}
