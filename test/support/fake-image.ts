import { createServer } from "node:http";
import type { Listener } from "../../src/chaos/listener.js";
import type { Process, Program } from "../../src/engine/memory/program.js";

/** Nodes of an image of the user's: each listens on the ports it is to publish and answers `/role` with its role, and `/health` with JSON that has it. */
export class FakeImages {
  /** Node -> what it says at `/role`; any other says `follower`. */
  readonly roles = new Map<string, string>();
  /** Nodes that do something else altogether. */
  readonly programs = new Map<string, Program>();
  /** Nodes that end as soon as they start, or run and listen nowhere, perhaps only once they are started again. */
  readonly ailments = new Map<string, "exits" | "deaf" | "deaf-later">();
  /** Where nodes listen, by name; of those that do something else altogether nobody knows. */
  readonly listeners = new Map<string, readonly Listener[]>();
  readonly #started = new Set<string>();

  readonly program: Program = (process: Process) => {
    const { hostname, ports } = process.spec;
    const own = this.programs.get(hostname);
    if (own !== undefined) return own(process);
    const ailment = this.ailments.get(hostname);
    process.write("stdout", `${hostname} runs ${process.spec.command.join(" ")}\n`);
    process.onSignal((signal) => {
      if (signal === "SIGTERM") process.exit(0);
    });
    if (ailment === "exits") process.exit(1);
    const isFirst = !this.#started.has(hostname);
    this.#started.add(hostname);
    this.listeners.set(hostname, []);
    if (ailment !== undefined && !(ailment === "deaf-later" && isFirst)) return;
    const server = createServer((request, response) => {
      const role = this.roles.get(hostname) ?? "follower";
      if (request.url === "/health") response.end(JSON.stringify({ status: { role }, peers: ["leader"] }));
      else response.writeHead(request.url === "/role" ? 200 : 404).end(`role: ${role}\n`);
    });
    for (const { container } of ports) process.listen(container, (socket) => void server.emit("connection", socket));
    this.listeners.set(
      hostname,
      ports.map(({ container }) => ({ port: container, isLoopback: false })),
    );
  };
}
