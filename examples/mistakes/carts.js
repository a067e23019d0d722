/** Clients of a leaderless store that fill shopping carts through every node, after Dynamo's own example, and keep book of what they were told. */

const requestTimeoutMs = 4000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Carts {
  #findNodes;
  #options;
  #addresses = new Map();
  #lookedUp = Promise.resolve();
  #lookedUpAtMs = -Infinity;
  #isOver = false;
  #running = [];
  /** By cart what was put into it and acknowledged. */
  #acknowledged = new Map();
  #siblingsMost = 0;
  #stale = [];

  /**
   * `findNodes`: asks for the nodes as `devious status --json` tells them. `carts`: how many there are. `thinkMs`: from a read to
   * the write that follows it. `blind`: through these nodes clients put without having
   * read, and through no other. `last`: a cart holds what was put last, instead of everything.
   */
  constructor(findNodes, { carts = 20, thinkMs = 100, blind = [], last = false } = {}) {
    this.#findNodes = findNodes;
    this.#options = { carts, thinkMs, blind, last };
  }

  async start() {
    await this.#lookUp();
    const { blind } = this.#options;
    const nodes = [...this.#addresses.keys()].filter((node) => blind.length === 0 || blind.includes(node));
    this.#running = nodes.map((node) => this.#shop(node));
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
    const lost = [];
    for (const [cart, acknowledged] of this.#acknowledged) {
      const { items } = await this.#readAll(cart);
      lost.push(...[...acknowledged].filter((item) => !items.has(item)));
    }
    return {
      acknowledged: [...this.#acknowledged.values()].reduce((sum, { size }) => sum + size, 0),
      // a cart that holds only the last is to forget the others
      lost: this.#options.last ? 0 : lost.length,
      lostFirst: this.#options.last ? undefined : lost[0],
      siblingsMost: this.#siblingsMost,
      stale: this.#stale.length,
      staleFirst: this.#stale[0],
    };
  }

  /** A killed node comes back on other ports. */
  #lookUp() {
    if (performance.now() - this.#lookedUpAtMs < 1000) return this.#lookedUp;
    this.#lookedUpAtMs = performance.now();
    this.#lookedUp = this.#findNodes().then((nodes) => {
      for (const { node, ports } of nodes) if (ports["8098"] !== undefined) this.#addresses.set(node, ports["8098"]);
    });
    return this.#lookedUp;
  }

  /** Reads a cart, adds an item to all that its siblings hold, and writes it with the context of the read: Dynamo §4.4. */
  async #shop(node) {
    const { carts, thinkMs, blind, last } = this.#options;
    for (let number = 1; !this.#isOver; number++) {
      const cart = `cart-${blind.length > 0 ? number % carts : Math.floor(Math.random() * carts)}`;
      const item = `${node}/${number}`;
      try {
        const known = new Set(this.#acknowledged.get(cart));
        const { items, context } = blind.length > 0 ? { items: new Set() } : await this.#read(node, cart);
        const missed = [...known].filter((each) => !items.has(each));
        if (missed.length > 0 && !last && blind.length === 0) this.#stale.push(`${node} showed ${cart} without ${missed[0]}`);
        await sleep(thinkMs);
        await this.#write(node, cart, last ? [item] : [...items, item], context);
        this.#acknowledged.set(cart, (this.#acknowledged.get(cart) ?? new Set()).add(item));
      } catch {
        // what failed, or may have failed, is not booked: only what was acknowledged has to be there
        await sleep(100);
        // the engine may be at work as well
        await this.#lookUp().catch(() => undefined);
      }
    }
  }

  async #ask(node, cart, query, init = {}) {
    const response = await fetch(`http://${this.#addresses.get(node)}/buckets/carts/keys/${cart}?timeout=2000${query}`, {
      ...init,
      headers: { accept: "multipart/mixed", ...init.headers },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (response.status >= 400 && response.status !== 404) throw new Error(`${node}: ${text}`);
    return { response, text };
  }

  async #read(node, cart, query = "") {
    const { response, text } = await this.#ask(node, cart, query);
    const context = response.headers.get("x-riak-vclock") ?? undefined;
    if (response.status === 404) return { items: new Set(), context };
    const boundary = /boundary=(\S+)/.exec(response.headers.get("content-type") ?? "")?.[1];
    const values = boundary === undefined ? [text] : partsOf(text, boundary);
    this.#siblingsMost = Math.max(this.#siblingsMost, values.length);
    return { items: new Set(values.flatMap((value) => JSON.parse(value))), context };
  }

  async #write(node, cart, items, context) {
    const headers = { "content-type": "application/json", ...(context === undefined ? {} : { "x-riak-vclock": context }) };
    await this.#ask(node, cart, "", { method: "PUT", body: JSON.stringify(items), headers });
  }

  /** As all owners have it, once they are all there. */
  async #readAll(cart) {
    const [node] = this.#addresses.keys();
    for (let triesLeft = 40; ; triesLeft--) {
      try {
        return await this.#read(node, cart, "&r=all");
      } catch (error) {
        if (triesLeft === 0) throw error;
        await sleep(500);
        await this.#lookUp();
      }
    }
  }
}

/** Values are JSON on one line each, so no boundary is in them. */
function partsOf(text, boundary) {
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => part.slice(part.indexOf("\r\n\r\n") + 4).trimEnd());
}
