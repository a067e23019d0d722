import { existsSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { restoreFile } from "../core/node-contract.js";
import { Admission } from "./io/admit.js";
import type { FrontDoor } from "./io/front-door.js";
import { writeIdentity } from "./io/identity.js";
import { removeSnapshot, SnapshotDraft, StoredSnapshot, writeState } from "./io/snapshot-file.js";
import type { Found, Wal } from "./io/wal.js";
import type { NodeOptions } from "./node-options.js";
import { bootstrapSnapshot, joinerSnapshot } from "./raft/bootstrap.js";
import { none } from "./raft/types.js";
import type { MemberId, Recovered } from "./raft/types.js";
import { Replica } from "./replica.js";
import type { World } from "./start-node.js";
import { unreadyDoor } from "./unready.js";

/** What a node starts from. */
export interface NodeStart {
  readonly recovered: Recovered;
  /** The state as of the snapshot. */
  readonly replica: Replica;
  /** True where the disk held nothing. */
  readonly isFresh: boolean;
  /** Which of this disk's lives this is: larger than that of any before. */
  readonly incarnation: number;
  /** Processes of founders that held nothing when this one founded. */
  readonly emptyWith: ReadonlySet<string>;
  /** Listens on the peer port already, where it does. */
  readonly peerServer: Server | undefined;
  /** Where clients come in; it may listen already, and refuses them as long as there is no node. */
  readonly door: FrontDoor;
}

/** All but its incarnation, which the log gives out. */
type Begun = Omit<NodeStart, "incarnation">;

const nobody: ReadonlySet<string> = new Set();
/** To clients that come too early. */
const starting = "the node is starting";

/** From what the disk holds. */
export function goOn(recovered: NonNullable<Found["recovered"]>, { tlsKeys }: NodeOptions): Begun {
  const replica = Replica.restore(recovered.snapshot.data.chunks());
  const door = unreadyDoor(() => starting, tlsKeys);
  return { recovered, replica, isFresh: false, emptyWith: nobody, peerServer: undefined, door };
}

/**
 * From an empty disk: with the founders as voters, or with nobody yet. The member may come under another number than it was given. Throws
 * {@link MemberRemoved}.
 */
export async function begin(
  given: NodeOptions,
  world: Pick<World, "clock" | "causality" | "log">,
  wal: Wal,
): Promise<{ readonly options: NodeOptions; readonly start: Begun }> {
  const { clock, causality, log } = world;
  const admission = new Admission({ ...given, clock, causality, log });
  let isAdmitted = false;
  const door = unreadyDoor(() => (isAdmitted ? starting : admission.waitsFor), given.tlsKeys);
  await door.listen(given.clientAddress.host, given.clientAddress.port);
  const admitted = await admission.run();
  isAdmitted = true;
  const peerServer = admission.end();
  if (admitted.type === "removed") {
    peerServer.close();
    door.close();
    throw new MemberRemoved(given.node);
  }
  const founds = admitted.type === "founds";
  const options = founds ? given : asMember({ ...given, members: admitted.members }, admitted.member);
  const { node, member, members, dataDir } = options;
  if (member !== given.member) {
    const msg = `the disk of ${node} was lost: what was member ${given.member} comes back as member ${member}`;
    log("warn", "member-rejoins", msg, { member, before: given.member });
  }
  const saved = founds ? findSaved(dataDir) : undefined;
  const replica = saved === undefined ? Replica.create(members) : Replica.refound(saved.chunks(), members);
  if (saved !== undefined) {
    const { revision } = replica.kv;
    log("info", "state-restored", `begins with a saved state, of revision ${revision}`, { revision, bytes: saved.byteLength });
  }
  const voters = members.map(({ id }) => id).sort((a, b) => a - b);
  const { meta } = founds ? bootstrapSnapshot(voters) : joinerSnapshot;
  const state = replica.snapshot();
  const draft = await SnapshotDraft.begin(dataDir, "first");
  await writeState(draft, meta, () => Promise.resolve(state.next()));
  const snapshot = { meta, data: await draft.publish(meta) };
  const hardState = { term: meta.term, vote: none, commit: meta.index };
  const recovered: Recovered = { hardState, snapshot, entries: [] };
  // before the log: a number without a log is asked about again, a log under another number than its own would be a disaster
  writeIdentity(dataDir, member);
  await wal.bootstrap(recovered);
  if (saved !== undefined) await removeSnapshot(saved);
  return {
    options,
    start: { recovered, replica, isFresh: true, emptyWith: founds ? admitted.emptyWith : nobody, peerServer, door },
  };
}

/** What whoever made the cluster wants it to begin with. */
function findSaved(dataDir: string): StoredSnapshot | undefined {
  const path = join(dataDir, restoreFile);
  return existsSync(path) ? StoredSnapshot.at(path) : undefined;
}

/** The same node under this number. */
export function asMember(options: NodeOptions, member: MemberId): NodeOptions {
  const members = options.members.map((known) => (known.name === options.node ? { ...known, id: member } : known));
  return { ...options, member, members };
}

/** The node's disk is empty, and the cluster has no such member any more: it has nothing to do. */
export class MemberRemoved extends Error {
  override readonly name = "MemberRemoved";

  constructor(node: string) {
    super(`${node} ends: its disk is empty, and the cluster has no such member any more`);
  }
}
