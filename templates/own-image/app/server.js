// Counts visits in the store. It asks the nodes one after another, and has half a second of patience with each.
const http = require("node:http");

const stores = process.env.KV.split(",");
const patienceMs = 500;

const log = (level, did, more) => console.log(JSON.stringify({ at: new Date().toISOString(), level, did, ...more }));
const coded = (text) => Buffer.from(text).toString("base64");

/** The answer of the first node that has one. */
async function ask(path, body) {
  for (const store of stores) {
    try {
      const answer = await fetch(store + path, {
        method: "POST",
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(patienceMs),
      });
      if (answer.ok) return await answer.json();
      log("warn", "was refused", { store, status: answer.status });
    } catch (error) {
      log("warn", "got no answer", { store, why: error.message });
    }
  }
  throw new Error("no node of the store answers");
}

async function visits() {
  const { kvs = [] } = await ask("/v3/kv/range", { key: coded("visits") });
  if (kvs.length === 0) return { count: 0, revision: "0" };
  return { count: Number(Buffer.from(kvs[0].value, "base64")), revision: kvs[0].mod_revision };
}

/** One more, unless somebody else counted meanwhile; then again. */
async function visit() {
  for (;;) {
    const { count, revision } = await visits();
    const { succeeded } = await ask("/v3/kv/txn", {
      compare: [{ key: coded("visits"), target: "MOD", result: "EQUAL", mod_revision: revision }],
      success: [{ request_put: { key: coded("visits"), value: coded(String(count + 1)) } }],
    });
    if (succeeded) return count + 1;
    log("info", "was too late", { count });
  }
}

const routes = {
  "GET /healthz": visits,
  "GET /visits": async () => (await visits()).count,
  "POST /visits": visit,
};

const server = http.createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  const since = Date.now();
  try {
    const answer = route === undefined ? undefined : await route();
    response.writeHead(route === undefined ? 404 : 200).end(JSON.stringify(answer ?? "no such thing") + "\n");
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
  if (request.url !== "/healthz") {
    log("info", `${request.method} ${request.url}`, { status: response.statusCode, ms: Date.now() - since });
  }
});
server.listen(Number(process.env.PORT), () => log("info", "listens", { port: process.env.PORT }));
process.on("SIGTERM", () => process.exit(0));
