// The store, through its JSON gateway: the first node that answers within a second is the one that is asked.
const stores = [...new Set(process.env.KV.split(","))];
const patienceMs = 1000;

const coded = (text) => Buffer.from(text).toString("base64");
const decoded = (text) => Buffer.from(text ?? "", "base64").toString();

function log(level, msg, more = {}) {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, msg, ...more }));
}

async function ask(path, body) {
  const text = JSON.stringify(body);
  for (const store of stores) {
    try {
      const answer = await fetch(store + path, { method: "POST", body: text, signal: AbortSignal.timeout(patienceMs) });
      if (answer.ok) return await answer.json();
      log("warn", "refused by the store", { store, status: answer.status });
    } catch (error) {
      log("warn", "no answer from the store", { store, error: error.message });
    }
  }
  throw new Error("no node of the store answers");
}

/** All keys that begin so, with their values and when they were last written. */
async function under(prefix) {
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  const { kvs = [] } = await ask("/v3/kv/range", { key: coded(prefix), range_end: coded(end) });
  return kvs.map(({ key, value, mod_revision: revision }) => ({ key: decoded(key), value: decoded(value), revision }));
}

/** Writes where nobody has since this revision; "0": where nothing is. False where somebody has. */
async function putIf(key, value, revision) {
  const { succeeded = false } = await ask("/v3/kv/txn", {
    compare: [{ key: coded(key), target: "MOD", result: "EQUAL", mod_revision: revision }],
    success: [{ request_put: { key: coded(key), value: coded(value) } }],
  });
  return succeeded;
}

module.exports = { log, putIf, under };
