/** What npm etcd3 is told, written down so that it can be compared with what another cluster tells it. */
import { isUtf8 } from "node:buffer";
import { Etcd3 } from "etcd3";
import type { IOptions } from "etcd3";
import { eventually } from "../cli.js";

export interface Scene {
  readonly title: string;
  readonly play: (story: Story) => Promise<void>;
}

/** A client of all members, and the story so far. */
export class Story {
  readonly client: Etcd3;
  readonly #hosts: readonly string[];
  readonly #others: Etcd3[] = [];
  readonly #lines: string[] = [];

  /** The revision when it began, less the one that every cluster begins with: what is told are revisions since then. */
  readonly base: number;

  private constructor(hosts: readonly string[], client: Etcd3, base: number) {
    this.#hosts = hosts;
    this.client = client;
    this.base = base;
  }

  /** Deletes all keys first. @param addresses of the members' client ports, `127.0.0.1:49153` */
  static async begin(addresses: readonly string[]): Promise<Story> {
    const hosts = addresses.map((address) => `http://${address}`);
    const client = new Etcd3({ hosts });
    await client.delete().all();
    const { header } = await client.get("nothing").exec();
    return new Story(hosts, client, Number(header.revision) - 1);
  }

  /** Another client, closed with this story. */
  another(options: Partial<IOptions>): Etcd3 {
    const client = new Etcd3({ hosts: [...this.#hosts], ...options });
    this.#others.push(client);
    return client;
  }

  /** A failure says how far it got. */
  async play({ title, play }: Scene): Promise<void> {
    this.#lines.push(...(this.#lines.length === 0 ? [] : [""]), `# ${title}`);
    try {
      await play(this);
    } catch (error) {
      throw new Error(`after this:\n${this.text}`, { cause: error });
    }
  }

  readonly tell = (what: string, said: unknown): void => {
    this.#lines.push(`${what}: ${inWords(said, this.base)}`);
  };

  /** Tells what comes of it, a refusal too. */
  readonly hear = async (what: string, asked: Promise<unknown>): Promise<void> => {
    try {
      this.tell(what, await asked);
    } catch (error) {
      const { name, message } =
        error instanceof Error ? { name: error.constructor.name, message: error.message } : { name: "", message: error };
      this.tell(what, `${name}: ${String(message).replace(/\b\d{9,}\b/g, "…")}`);
    }
  };

  /** Waits until it is so. */
  readonly until = (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> =>
    eventually(what, 20_000, async () => isSo());

  /** Waits until every member has applied what has been written: each answers a read that is linearizable. */
  readonly everywhere = async (): Promise<void> => {
    await Promise.all(
      this.#hosts.map((host) =>
        this.another({ hosts: [host] })
          .get("nothing")
          .exec(),
      ),
    );
  };

  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  close(): void {
    for (const client of [this.client, ...this.#others]) client.close();
  }
}

/** Drawn when a cluster is founded, when a member is added, when a lease is granted; how often a cluster has voted is its own affair. */
const drawn: ReadonlySet<string> = new Set(["cluster_id", "member_id", "raft_term", "ID", "lease"]);

/** As JSON, bytes as text, revisions since `base`, and without what no two clusters say alike. */
function inWords(said: unknown, base: number): string {
  return JSON.stringify(said, (field, value: unknown) => {
    if (drawn.has(field) && value !== "0") return "…";
    if (field.endsWith("revision") && typeof value === "string") return String(Number(value) - base);
    if (isBuffer(value)) return textOf(Buffer.from(value.data));
    return value;
  });
}

/** One character a byte where it is no text. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : bytes.toString("latin1");
}

/** As `JSON.stringify` sees a Buffer. */
function isBuffer(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "Buffer" && "data" in value;
}
