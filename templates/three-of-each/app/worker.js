// Does jobs: whoever writes its name over "new" first has the job.
const { setTimeout: sleep } = require("node:timers/promises");
const { log, putIf, under } = require("./kv.js");

const me = process.env.NODE;

async function work() {
  for (const { key, value, revision } of await under("job/")) {
    if (value !== "new" || !(await putIf(key, `done by ${me}`, revision))) continue;
    log("info", "did a job", { job: key });
  }
}

async function main() {
  let waiting = false;
  for (;;) {
    try {
      await work();
      if (!waiting) log("info", "waits for jobs");
      waiting = true;
    } catch (error) {
      waiting = false;
      log("error", error.message);
    }
    await sleep(200);
  }
}

process.on("SIGTERM", () => process.exit(0));
void main();
