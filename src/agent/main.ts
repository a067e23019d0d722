/** Entry point of the agent's container. */
import { agentEnv, agentPaths } from "../core/node-contract.js";
import { runAgent } from "./run.js";

const cluster = process.env[agentEnv.cluster];
if (cluster === undefined) {
  process.stderr.write(`${agentEnv.cluster} is not set: the agent does not know whose nodes to look after\n`);
  process.exit(64);
}

// nothing is healed here: the ledger knows what is active, and the next agent ends it in time
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));

await runAgent({
  cluster,
  engineSocket: agentPaths.engineSocket,
  ledgerDir: agentPaths.ledgerDir,
  cgroupDir: agentPaths.cgroupDir,
  requests: process.stdin,
  replies: process.stderr,
  records: process.stdout,
  // a failure, so that the container's restart policy starts it anew, with the engine's socket of that day
  onEngineLost: () => process.exit(3),
});
