import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** On a real engine, each for clusters of its own, and mostly waiting: three at once take far less time than one after another. No test in them counts packets or watches the engine. */
const waiting = [
  "causality",
  "down",
  "engine-contract",
  "etcd-{clients,disk,many,members,script,storm,tls}",
  "follow",
  "keep",
  "leaderless-*",
  "life",
  "log-{lines,survival}",
  "logs",
  "mistakes",
  "own-image*",
  "refusals",
  "riak-*",
  "run",
  "scenario",
  "ship",
  "smoke",
  // RabbitMQ's nodes lose each other where they have no processor for seconds
  "template-{bundled,erlang,etcd,nats,own,postgres,redis,redis-cluster,zookeeper}",
].map((name) => `test/docker/${name}.test.ts`);

/** Those that take minutes begin first, so that nobody waits for them alone at the end. */
const longest = [
  "sim/leaderless/simulate",
  "sim/simulate",
  "etcd/harness",
  "etcd/differential",
  "docker/mistakes",
  "docker/scenario",
  "docker/etcd-storm",
  "docker/etcd-script",
  "docker/template-redis",
  "docker/template-postgres",
  "docker/template-nats",
  "docker/template-own",
  "guest/delay",
  "guest/zones",
].map((name) => `test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// before any worker begins, since a thread cannot change it: a zone that is not UTC, and has a summer time
process.env["TZ"] = "Europe/Berlin";

export default defineConfig({
  test: {
    // vitest swallows what oclif prints unless told not to
    disableConsoleIntercept: true,
    // golden outputs are drawn as for terminals that take UTF-8
    env: { LC_ALL: "C.UTF-8" },
    // the one line that is left of a test that passed when tried again says what was wrong
    chaiConfig: { truncateThreshold: 2000 },
    // what is waited for comes, on a machine that is busy as well: the second that vitest waits is no test's concern
    expect: { poll: { timeout: 20_000 } },
    setupFiles: ["test/support/property-seed.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/docker/**", "test/guest/**"],
          // for what never ends: a busy machine makes seconds of milliseconds
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // begin sooner than processes
          pool: "threads",
          // some wait for sockets and disks meanwhile
          maxWorkers: Math.ceil(1.5 * availableParallelism()),
        },
      },
      {
        extends: true,
        test: {
          name: "docker",
          include: ["test/docker/**/*.test.ts"],
          exclude: waiting,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "docker-waiting",
          include: waiting,
          // for what never ends
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // each keeps half a processor busy
          maxWorkers: 3,
          // of tests of one file
          maxConcurrency: 2,
        },
      },
      {
        extends: true,
        test: {
          name: "guest",
          include: ["test/guest/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // a guest has one processor
          maxWorkers: 2,
          // measured anew, `test/support/guest/finding.ts`
          retry: 2,
        },
      },
    ],
  },
});
