/** Clients that write and read on every node of a cluster, and keep book of what they were told. */

const pauseMs = 15;
const requestTimeoutMs = 4000;
const lookEveryMs = 100;

const base64 = (text) => Buffer.from(text).toString("base64");
const text = (encoded) => Buffer.from(encoded ?? "", "base64").toString();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Clients {
  /** Asks for the nodes as `devious status --json` tells them. */
  #findNodes;
  #addresses = new Map();
  #lookedUp = Promise.resolve();
  #lookedUpAtMs = -Infinity;
  #isOver = false;
  #running = [];
  /** Keys of writes that were acknowledged, and by writer the number of its last one. */
  #acknowledged = new Set();
  #latest = new Map();
  #stale = [];
  #firstTerm = Infinity;
  #lastTerm = 0;
  #twoLeadersMs = 0;

  constructor(findNodes) {
    this.#findNodes = findNodes;
  }

  async start() {
    await this.#lookUp();
    const nodes = [...this.#addresses.keys()];
    this.#running = [...nodes.map((node) => this.#write(node)), ...nodes.map((node) => this.#read(node)), this.#watch(nodes)];
  }

  stop() {
    this.#isOver = true;
  }

  /** Ends all work and says what became of it; the cluster has to be well again. */
  async finish() {
    await sleep(500);
    this.stop();
    await Promise.all(this.#running);
    await this.#lookUp();
    const kept = new Set();
    const [node] = this.#addresses.keys();
    const { kvs = [] } = await this.#ask(node, "/v3/kv/range", { key: base64("w/"), range_end: base64("w0"), keys_only: true });
    for (const { key } of kvs) kept.add(text(key));
    const lost = [...this.#acknowledged].filter((key) => !kept.has(key));
    return {
      acknowledged: this.#acknowledged.size,
      lost: lost.length,
      lostFirst: lost[0],
      stale: this.#stale.length,
      staleFirst: this.#stale[0],
      newTerms: this.#lastTerm - this.#firstTerm,
      twoLeadersMs: Math.round(this.#twoLeadersMs),
    };
  }

  /** A killed node comes back on another port. */
  #lookUp() {
    if (performance.now() - this.#lookedUpAtMs < 1000) return this.#lookedUp;
    this.#lookedUpAtMs = performance.now();
    this.#lookedUp = this.#findNodes().then((nodes) => {
      for (const { node, address } of nodes) this.#addresses.set(node, address);
    });
    return this.#lookedUp;
  }

  async #ask(node, path, body) {
    const response = await fetch(`http://${this.#addresses.get(node)}${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    return answer;
  }

  /** What failed, or may have failed, is not booked: only what was acknowledged has to be there. */
  async #write(node) {
    for (let number = 1; !this.#isOver; number++) {
      const key = `w/${node}/${number}`;
      const put = (name) => ({ request_put: { key: base64(name), value: base64(String(number)) } });
      try {
        await this.#ask(node, "/v3/kv/txn", { success: [put(key), put(`now/${node}`)] });
        this.#acknowledged.add(key);
        this.#latest.set(node, number);
        await sleep(pauseMs);
      } catch {
        await this.#recover();
      }
    }
  }

  async #read(node) {
    while (!this.#isOver) {
      const before = new Map(this.#latest);
      try {
        const { kvs = [] } = await this.#ask(node, "/v3/kv/range", { key: base64("now/"), range_end: base64("now0") });
        const seen = new Map(kvs.map(({ key, value }) => [text(key).slice("now/".length), Number(text(value))]));
        for (const [writer, number] of before) {
          if ((seen.get(writer) ?? 0) >= number) continue;
          this.#stale.push(
            `${node} showed write ${seen.get(writer) ?? 0} of the client at ${writer}, whose write ${number} was acknowledged`,
          );
        }
        await sleep(pauseMs);
      } catch {
        await this.#recover();
      }
    }
  }

  async #recover() {
    await sleep(100);
    // the engine may be at work as well
    await this.#lookUp().catch(() => undefined);
  }

  /** Who takes itself for the leader, and in which term. */
  async #watch(nodes) {
    let lookedAtMs = performance.now();
    while (!this.#isOver) {
      await sleep(lookEveryMs);
      const found = await Promise.all(nodes.map((node) => this.#ask(node, "/status").catch(() => undefined)));
      for (const { term } of found.filter((one) => one !== undefined)) {
        this.#firstTerm = Math.min(this.#firstTerm, term);
        this.#lastTerm = Math.max(this.#lastTerm, term);
      }
      const leaders = found.filter((one) => one?.role === "leader");
      if (leaders.length > 1) this.#twoLeadersMs += performance.now() - lookedAtMs;
      lookedAtMs = performance.now();
    }
  }
}
