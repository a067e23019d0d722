// Takes jobs (POST /jobs) and tells what has become of them (GET /jobs).
const http = require("node:http");
const { randomUUID } = require("node:crypto");
const { log, putIf, under } = require("./kv.js");

async function take() {
  const id = randomUUID();
  await putIf(`job/${id}`, "new", "0");
  return { id };
}

async function tell() {
  return Object.fromEntries((await under("job/")).map(({ key, value }) => [key.slice("job/".length), value]));
}

const routes = { "GET /healthz": tell, "GET /jobs": tell, "POST /jobs": take };

const server = http.createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  if (route === undefined) return response.writeHead(404).end();
  const since = Date.now();
  try {
    const answer = await route();
    response.writeHead(200).end(`${JSON.stringify(answer)}\n`);
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
  if (request.url !== "/healthz") {
    log("info", `${request.method} ${request.url}`, { status: response.statusCode, ms: Date.now() - since });
  }
});
server.listen(8080, () => log("info", "listens", { port: 8080 }));
process.on("SIGTERM", () => process.exit(0));
