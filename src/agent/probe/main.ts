/** Entry point of the probe (./tasks.ts). */
import { messageOf } from "../../core/errors.js";
import { linesOf } from "../lines.js";
import { askHttp } from "./http.js";
import type { Task, TaskResults } from "./tasks.js";

for await (const line of linesOf(process.stdin)) {
  const result = await carryOut(JSON.parse(line) as Task).catch((error: unknown) => ({ trouble: messageOf(error) }));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function carryOut(task: Task): Promise<TaskResults[Task["task"]]> {
  switch (task.task) {
    case "http":
      return askHttp(task);
  }
}
