/** What the agent finds out about a kernel that has netem. */
import { createKernel } from "../../../../src/agent/capabilities.js";
import { runCommand } from "../../../../src/agent/command.js";

console.log(JSON.stringify(await createKernel(runCommand).examine()));
