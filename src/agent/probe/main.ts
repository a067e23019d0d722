/** Entry point of the probe (./tasks.ts). */
import { messageOf } from "../../core/errors.js";
import { linesOf } from "../lines.js";
import { Ears } from "./ears.js";
import { askHttp } from "./http.js";
import { send } from "./mouth.js";
import type { Task, TaskResults } from "./tasks.js";

const ears = new Ears();

for await (const line of linesOf(process.stdin)) {
  const result = await carryOut(JSON.parse(line) as Task).catch((error: unknown) => ({ trouble: messageOf(error) }));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
// whatever still listens
process.exit(0);

async function carryOut(task: Task): Promise<TaskResults[Task["task"]]> {
  switch (task.task) {
    case "http":
      return askHttp(task);
    case "listen":
      return ears.listen(task.doors);
    case "send":
      return send(task);
    case "report":
      return ears.report();
  }
}
