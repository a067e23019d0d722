import { defineConfig } from "vitest/config";

/** On a real engine, and mostly waiting: two at once need no longer than one. No test in them counts packets or watches the engine. */
const waiting = ["mistakes", "scenario"].map((name) => `test/docker/${name}.test.ts`);

export default defineConfig({
  test: {
    // vitest swallows what oclif prints unless told not to
    disableConsoleIntercept: true,
    // golden outputs are drawn as for terminals that take UTF-8
    env: { LC_ALL: "C.UTF-8" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/docker/**", "test/guest/**"],
          // vitest leaves one processor to itself, and there may be but two
          maxWorkers: "100%",
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
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
          maxConcurrency: 3,
        },
      },
      {
        extends: true,
        test: {
          name: "guest",
          include: ["test/guest/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          // measured anew, `test/support/guest/finding.ts`
          retry: 2,
        },
      },
    ],
  },
});
