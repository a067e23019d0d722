/** A program that numbers its lines over all of its lives, the last fifty of each said when it is told to end. */
export const counting = `
  const { existsSync, readFileSync, writeFileSync, writeSync } = require("node:fs");
  let n = existsSync("/said") ? Number(readFileSync("/said")) : 0;
  const say = (last) => {
    writeSync(1, JSON.stringify({ level: "info", event: "tick", msg: "tick", n: ++n, last }) + "\\n");
    writeFileSync("/said", String(n));
  };
  setInterval(say, 5, false);
  process.on("SIGTERM", () => {
    for (let i = 0; i < 50; i++) say(i === 49);
    process.exit();
  });
`;
