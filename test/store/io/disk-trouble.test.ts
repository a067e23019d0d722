// Shows that a disk that is full, broken, or holds something else than was written ends the node with one line that names file and byte.
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { sayingWhere } from "../../../src/store/io/disk-refused.js";
import { createLogFile } from "../../../src/store/io/log-file.js";
import type { CreateLogFile } from "../../../src/store/io/log-file.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { SnapshotDraft } from "../../../src/store/io/snapshot-file.js";
import { SnapshotIntake } from "../../../src/store/io/snapshot-intake.js";
import { endOfWritten } from "../../../src/store/io/wal-format.js";
import { Wal } from "../../../src/store/io/wal.js";
import { lastWordsOn } from "../../../src/store/last-words.js";
import type { LastWords } from "../../../src/store/last-words.js";
import type { ConfState } from "../../../src/store/raft/types.js";
import { savedSnapshot } from "./snapshot-files.js";

const conf: ConfState = { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "devious-trouble-"));
  return () => rmSync(dir, { recursive: true });
});

function open(createFile: CreateLogFile = createLogFile) {
  const said: LastWords[] = [];
  const { wal, recovered } = Wal.open({
    dir,
    createFile: sayingWhere(createFile),
    segmentBytesMax: 2 ** 20,
    newSalt: () => 7,
    fsync: "always",
    after: realTime.after,
    nowMs: () => 0,
    onDurable: () => undefined,
    onSnapshotSaved: () => undefined,
    onSync: () => undefined,
    onFatal: (error) => said.push(lastWordsOn(error, "n1", "disk-failed")),
  });
  return { wal, recovered, said };
}

async function begun(wal: Wal): Promise<void> {
  const snapshot = await savedSnapshot(dir, { index: 1, term: 1, conf }, Buffer.from("state"));
  const meta = { index: 1, term: 1, conf };
  await wal.bootstrap({ hardState: { term: 1, vote: 0, commit: 1 }, snapshot: { meta, data: snapshot }, entries: [] });
}

async function append(wal: Wal, index: number): Promise<void> {
  const entry = { index, term: 1, kind: "normal", data: Buffer.from(`entry ${index}`) } as const;
  wal.append({ persistNumber: index, hardState: undefined, snapshot: undefined, discardLog: false, entries: [entry] });
  await wal.idle();
}

const failing = (code: string): Error => Object.assign(new Error(`${code}: as the kernel says it`), { code });
const logFile = (): string => join(dir, readdirSync(dir).find((name) => name.startsWith("wal-")) ?? "");

/** A disk on which from now on, once `trouble.is` says so, writes or syncs fail. */
function troubled(writes: string | undefined, syncs: string | undefined) {
  const trouble = { is: false };
  const createFile: CreateLogFile = (path) => {
    const file = createLogFile(path);
    return {
      ...file,
      append: (bytes) => {
        if (trouble.is && writes !== undefined) throw failing(writes);
        file.append(bytes);
      },
      sync: () => (trouble.is && syncs !== undefined ? Promise.reject(failing(syncs)) : file.sync()),
    };
  };
  return { trouble, createFile };
}

it.each([
  ["a full disk", "ENOSPC", undefined],
  ["a broken disk", undefined, "EIO"],
])("%s: the first byte that is not there is named, and nothing is called durable any more", async (_, writes, syncs) => {
  const { trouble, createFile } = troubled(writes, syncs);
  const { wal, said } = open(createFile);
  await begun(wal);
  await append(wal, 2);
  const offset = endOfWritten(readFileSync(logFile()));
  trouble.is = true;
  await append(wal, 3);
  const code = writes ?? syncs;
  const first = writes === undefined ? "mend the disk" : "make room";
  const wayBack = `what it acknowledged is kept: ${first}, then \`devious chaos start n1\``;
  const msg = `the disk refused to store: ${code}: as the kernel says it (${logFile()}, byte ${offset}); ${wayBack}`;
  expect(said).toEqual([{ event: "disk-failed", msg, fields: { file: logFile(), offset } }]);
});

/** Changes one byte of a file. */
function rot(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}

function refusal(act: () => unknown): LastWords | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return lastWordsOn(error, "n1", "start-failed");
  }
}

it("a record that changed, with others behind it: the node does not start", async () => {
  const { wal } = open();
  await begun(wal);
  await append(wal, 2);
  const damagedAt = endOfWritten(readFileSync(logFile()));
  for (const index of [3, 4, 5]) await append(wal, index);
  await wal.close();
  const file = logFile();
  rot(file, damagedAt + 20);
  expect(refusal(() => open())).toEqual({
    event: "wal-corrupt",
    msg: expect.stringContaining(`(${file}, byte ${damagedAt})`),
    fields: { file, offset: damagedAt },
  });
});

it("a snapshot that changed: the node does not start", async () => {
  const { wal } = open();
  await begun(wal);
  await wal.close();
  const file = join(dir, readdirSync(dir).find((name) => name.startsWith("snapshot-")) ?? "");
  rot(file, readFileSync(file).length - 6);
  const words = refusal(() => [...(open().recovered?.snapshot.data.chunks() ?? [])]);
  expect(words).toMatchObject({ event: "wal-corrupt", fields: { file, offset: expect.any(Number) } });
  expect(words?.msg).toContain(`(${file}, byte `);
});

it("a full disk where a snapshot comes in: the node ends, for the leader would send it for ever", async () => {
  const saved = await savedSnapshot(dir, { index: 1, term: 1, conf }, Buffer.from("state"));
  const draft = join(dir, "snapshot-received-1.tmp");
  // takes nothing: null(4)
  symlinkSync("/dev/full", draft);
  const said: LastWords[] = [];
  const begin = (): Promise<SnapshotDraft> => SnapshotDraft.begin(dir, "received-1");
  const intake = new SnapshotIntake(begin, (error) => said.push(lastWordsOn(error, "n1", "disk-failed")));
  await expect(intake.write(readFileSync(saved.path).subarray(0, 16))).rejects.toThrow("ENOSPC");
  expect(said).toMatchObject([{ event: "disk-failed", fields: { file: draft, offset: 0 } }]);
  await intake.abort();
});

it("a snapshot that is none: nothing is wrong with this member's disk", async () => {
  const said: unknown[] = [];
  const intake = new SnapshotIntake(
    () => SnapshotDraft.begin(dir, "received-1"),
    (error) => said.push(error),
  );
  await expect(intake.write(Buffer.alloc(64, 7))).rejects.toThrow("a snapshot that a peer sends");
  await intake.abort();
  expect(said).toEqual([]);
});
