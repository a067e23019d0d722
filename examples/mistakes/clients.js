/** Clients that write and read on every node of a cluster, and keep book of what they were told. */

const pauseMs = 50;
const requestTimeoutMs = 4000;
const lookEveryMs = 250;

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
  /** By node how many writes its writer may begin. */
  #turns = new Map();
  /** Keys of writes that were acknowledged, and of those that a read has shown all the same; by writer the number of the last of both. */
  #acknowledged = new Set();
  #shown = new Set();
  #latest = new Map();
  #stale = [];
  #firstTerm = Infinity;
  #lastTerm = 0;
  /** By node the last term that it led; of these nodes those whose time was over when they still led, and those that stepped down by themselves. */
  #led = new Map();
  #deposed = new Set();
  #steppedDown = new Set();
  /** Watchers that were told that the past is not what it was. */
  #cancelledWatches = 0;
  #ending = new AbortController();

  constructor(findNodes) {
    this.#findNodes = findNodes;
  }

  async start() {
    await this.#lookUp();
    const nodes = [...this.#addresses.keys()];
    this.writeFreely();
    this.#running = [...nodes.flatMap((node) => [this.#write(node), this.#read(node), this.#watch(node)]), this.#observe()];
  }

  writeFreely() {
    for (const node of this.#addresses.keys()) this.#turns.set(node, Infinity);
  }

  /** Reads and watches go on. */
  holdWrites() {
    this.#turns.clear();
  }

  /** One write, through who leads now. */
  async writeThroughLeader() {
    const [leader] = (await this.#statuses()).filter(({ role }) => role === "leader").sort((a, b) => b.term - a.term);
    if (leader !== undefined) this.#turns.set(leader.node, 1);
  }

  stop() {
    this.#isOver = true;
    this.#ending.abort();
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
      vanished: [...this.#shown].filter((key) => !this.#acknowledged.has(key) && !kept.has(key)),
      newTerms: this.#lastTerm - this.#firstTerm,
      cancelledWatches: this.#cancelledWatches,
      deafLeaders: [...this.#deposed].filter((node) => !this.#steppedDown.has(node)),
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
    let number = 0;
    while (!this.#isOver) {
      const turns = this.#turns.get(node) ?? 0;
      if (turns === 0) {
        await sleep(pauseMs);
        continue;
      }
      this.#turns.set(node, turns - 1);
      number++;
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
            `${node} showed write ${seen.get(writer) ?? 0} of the client at ${writer}, whose write ${number} was known`,
          );
        }
        for (const [writer, number] of seen) this.#noteShown(writer, number);
        await sleep(pauseMs);
      } catch {
        await this.#recover();
      }
    }
  }

  /** What one read has shown, all later ones have to show. */
  #noteShown(writer, number) {
    this.#shown.add(`w/${writer}/${number}`);
    this.#latest.set(writer, Math.max(this.#latest.get(writer) ?? 0, number));
  }

  async #recover() {
    await sleep(100);
    // the engine may be at work as well
    await this.#lookUp().catch(() => undefined);
  }

  /** Watches all keys of a node, anew whenever that ends. */
  async #watch(node) {
    while (!this.#isOver) {
      try {
        const response = await fetch(`http://${this.#addresses.get(node)}/v3/watch`, {
          method: "POST",
          body: JSON.stringify({ create_request: { key: base64("w/"), range_end: base64("w0") } }),
          signal: this.#ending.signal,
        });
        for await (const line of linesOf(response.body)) {
          if (!JSON.parse(line).result?.canceled) continue;
          this.#cancelledWatches++;
          break;
        }
      } catch {
        // a node that was killed took its streams along
      }
      if (!this.#isOver) await this.#recover();
    }
  }

  /** What each node that answers says of itself. */
  async #statuses() {
    const asked = [...this.#addresses.keys()].map(async (node) => ({ node, ...(await this.#ask(node, "/status")) }));
    return (await Promise.allSettled(asked)).flatMap(({ value }) => value ?? []);
  }

  /** Who takes itself for the leader, and in which term. */
  async #observe() {
    while (!this.#isOver) {
      await sleep(lookEveryMs);
      const found = await this.#statuses();
      for (const { term } of found) {
        this.#firstTerm = Math.min(this.#firstTerm, term);
        this.#lastTerm = Math.max(this.#lastTerm, term);
      }
      for (const { node, role, term } of found) {
        if (role === "leader") this.#led.set(node, term);
        // whom a later leader deposes is in that one's term at once
        else if (this.#led.get(node) === term) this.#steppedDown.add(node);
        const isDeposed = found.some((other) => other.role === "leader" && other.term > term);
        if (role === "leader" && isDeposed) this.#deposed.add(node);
      }
    }
  }
}

async function* linesOf(body) {
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}
