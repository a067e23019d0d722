import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** A real etcd of one member, ours alone. */
export interface LocalEtcd {
  /** Of the JSON gateway. */
  readonly socketPath: string;
  /** Of gRPC, on 127.0.0.1. */
  readonly port: number;
  /** Ends it and removes its files. */
  readonly stop: () => Promise<void>;
}

const patienceMs = 10_000;

function etcdBinary(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "etcd")).find((path) => existsSync(path));
}

/** Why tests that need etcd are skipped, as the end of a title; empty where it is there. */
export const whyNoEtcd = etcdBinary() === undefined ? " (skipped: no etcd here, sudo apt-get install etcd-server)" : "";

/**
 * Starts etcd in a folder of its own and resolves once it takes requests. Its addresses are sockets in that folder, and one port that it
 * chooses itself and tells in its log, so that nothing can be in the way. (Its JSON gateway calls its own gRPC by the address as it was
 * written, so behind port 0 there is none.)
 */
export async function startEtcd(): Promise<LocalEtcd> {
  const binary = etcdBinary();
  if (binary === undefined) throw new Error("no etcd here: sudo apt-get install etcd-server");
  const folder = mkdtempSync(join(tmpdir(), "devious-etcd-"));
  const flags = {
    "data-dir": "data",
    "listen-client-urls": "unix://client:0,http://127.0.0.1:0",
    "advertise-client-urls": "unix://client:0",
    "listen-peer-urls": "unix://peer:0",
    "initial-advertise-peer-urls": "unix://peer:0",
    "initial-cluster": "default=unix://peer:0",
    "heartbeat-interval": "20",
    "election-timeout": "200",
    "bcrypt-cost": "4",
    logger: "zap",
    "log-outputs": "stderr",
  };
  const etcd = spawn(
    binary,
    Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => etcd.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    etcd.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  };
  const lines: string[] = [];
  try {
    const port = await new Promise<number>((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`etcd says no port:\n${lines.join("\n")}`)), patienceMs);
      etcd.once("error", reject);
      etcd.once("close", (code) => reject(new Error(`etcd ended with ${code}:\n${lines.join("\n")}`)));
      createInterface(etcd.stderr).on("line", (line) => {
        lines.push(line);
        const serving = lines.flatMap((one) => /"serving client traffic.*"address":"([^"]+)"/.exec(one)?.[1] ?? []);
        const port = serving.find((address) => address.startsWith("127.0.0.1:"))?.split(":")[1];
        if (port === undefined || !serving.includes("client:0")) return;
        clearTimeout(giveUp);
        resolve(Number(port));
      });
    });
    return { socketPath: join(folder, "client:0"), port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
