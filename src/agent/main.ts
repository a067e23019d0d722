/** Entry point of the agent's container. */
import { agentCommands, agentEnv, agentPaths } from "../core/node-contract.js";
import { createKernel } from "./capabilities.js";
import { runCommand } from "./command.js";
import { runAgent } from "./run.js";

// whoever only wants to know what the kernel can needs no cluster: the answer is one JSON line
if (process.argv[2] === agentCommands.examine) {
  process.stdout.write(`${JSON.stringify(await createKernel(runCommand).examine())}\n`);
  process.exit(0);
}

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
