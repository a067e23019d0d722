// Shows which images are pulled and built, and that whoever cannot be had is told once, soon, and with whose it is.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { planImages, prepareImages } from "../../src/cluster/user-images.js";
import { DeviousError } from "../../src/core/errors.js";
import { clusterDefaults, imageDefaults } from "../../src/spec/cluster-spec.js";
import type { ImageService } from "../../src/spec/cluster-spec.js";

const build = { context: "/api", dockerfile: "Dockerfile", args: {}, target: null };

function service(name: string, image: string, changes: Partial<ImageService> = {}): ImageService {
  return { ...imageDefaults, name, image, nodes: [`${name}-1`], zones: {}, protect: [], ...changes };
}

function planned(services: readonly ImageService[], present: readonly string[]): readonly string[] {
  const ids = new Map(present.map((reference) => [reference, "sha256:1"]));
  return planImages(services, ids).map((one) => `${one.kind} ${one.reference} for ${one.services.join(", ")}`);
}

test.each<[string, readonly ImageService[], readonly string[], readonly string[]]>([
  ["missing, and there", [service("a", "x")], ["x"], []],
  ["missing, and not there", [service("a", "x")], [], ["pull x for a"]],
  ["always, and there", [service("a", "x", { pull: "always" })], ["x"], ["pull x for a"]],
  ["never, and there", [service("a", "x", { pull: "never" })], ["x"], []],
  ["never, and not there", [service("a", "x", { pull: "never" })], [], ["lack x for a"]],
  ["once for all", [service("a", "x"), service("b", "y"), service("c", "x")], [], ["pull x for a, c", "pull y for b"]],
  ["one may pull for another", [service("a", "x", { pull: "never" }), service("b", "x")], [], ["pull x for a, b"]],
  ["built, though it is there", [service("a", "x", { build })], ["x"], ["build x for a"]],
  ["built for another", [service("a", "x", { build }), service("b", "x", { pull: "always" })], [], ["build x for a, b"]],
  ["built once", [service("a", "x", { build }), service("b", "x", { build: { ...build } })], [], ["build x for a, b"]],
])("%s", (_, services, present, expected) => {
  expect(planned(services, present)).toEqual(expected);
});

test("one image built in two ways is refused", () => {
  const other = service("b", "x", { build: { ...build, target: "test" } });
  expect(() => planned([service("a", "x", { build }), other], [])).toThrow(
    "The services a, b build one image, x, in different ways.",
  );
});

type Engine = Parameters<typeof prepareImages>[0];

/** An engine that has what it was given. */
function engineThat(pullImage: Engine["pullImage"]): Engine {
  const ids = new Map<string, string>();
  return {
    imageId: async (reference) => ids.get(reference),
    buildFolder: () => Promise.reject(new Error("not asked")),
    pullImage: async (reference, onProgress, signal) => {
      await pullImage(reference, onProgress, signal);
      ids.set(reference, `sha256:${reference}`);
    },
  };
}

function prepare(engine: Engine, services: readonly ImageService[], signal = new AbortController().signal) {
  const spec = { ...clusterDefaults, name: "demo", services };
  return prepareImages(engine, { spec, owner: "/demo", dryRun: false, signal, report: () => undefined });
}

const refused = new DeviousError("ENGINE_REFUSED", "The engine could not pull x: no such host.");

/** As a request does that is given up. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

test("pulls go side by side, and give the ids", async () => {
  let running = 0;
  let most = 0;
  const engine = engineThat(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running--;
  });
  const { ids, steps } = await prepare(engine, [service("a", "x"), service("b", "y"), service("c", "x")]);
  expect(most).toBe(2);
  expect([...ids]).toEqual([
    ["x", "sha256:x"],
    ["y", "sha256:y"],
  ]);
  expect(steps).toEqual(["pull x", "pull y"]);
});

test("builds of one folder take turns, of several go side by side", async () => {
  const events: string[] = [];
  const ids = new Map<string, string>();
  const engine: Engine = {
    imageId: async (reference) => ids.get(reference),
    buildFolder: async ({ reference }) => {
      events.push(`${reference} begins`);
      await sleep(5);
      events.push(`${reference} is built`);
      ids.set(reference, reference);
    },
    pullImage: () => Promise.reject(new Error("not asked")),
  };
  const at = (context: string) => ({ build: { ...build, context, dockerfile: "." } });
  await prepare(engine, [service("a", "x", at("/tmp")), service("b", "y", at("/tmp")), service("c", "z", at("/"))]);
  expect(events.filter((event) => !event.startsWith("z"))).toEqual(["x begins", "x is built", "y begins", "y is built"]);
  expect(events.indexOf("z begins")).toBeLessThan(events.indexOf("x is built"));
});

test("several that cannot be pulled are one error, with whose each is", async () => {
  const services = [service("a", "x"), service("b", "ghcr.io/y"), service("c", "x")];
  await expect(
    prepare(
      engineThat(() => Promise.reject(refused)),
      services,
    ),
  ).rejects.toMatchObject({
    code: "IMAGE_PULL",
    message: "2 of the images that the spec names cannot be pulled.",
    details: ["a, c: x: no registry answers at docker.io", "b: ghcr.io/y: no registry answers at ghcr.io"],
  });
});

test("once one cannot be had, nobody waits for a long download of another", async () => {
  vi.useFakeTimers();
  const engine = engineThat((reference, _onProgress, signal) =>
    reference === "x" ? Promise.reject(refused) : untilAborted(signal),
  );
  const failing = prepare(engine, [service("a", "x"), service("b", "y")]);
  const failed = failing.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await failed).toMatchObject({ message: expect.stringMatching(/^The image x of the service a cannot be pulled/) });
  vi.useRealTimers();
});

test("a registry that falls silent is given up, one that goes on slowly is not", async () => {
  vi.useFakeTimers();
  const minute = 60_000;
  let progress = (): void => undefined;
  const engine = engineThat((_reference, onProgress, signal) => {
    progress = onProgress;
    return untilAborted(signal);
  });
  let failed: unknown;
  void prepare(engine, [service("a", "x")]).catch((error: unknown) => (failed = error));
  await vi.advanceTimersByTimeAsync(1.5 * minute);
  progress();
  await vi.advanceTimersByTimeAsync(1.5 * minute);
  expect(failed).toBeUndefined();
  await vi.advanceTimersByTimeAsync(minute);
  expect(failed).toMatchObject({ code: "IMAGE_PULL", details: ["Nothing has come of it for 2 minutes: i/o timeout"] });
  vi.useRealTimers();
});

test("an interrupt leaves as it came", async () => {
  const stop = new AbortController();
  const failing = prepare(
    engineThat((_reference, _onProgress, signal) => untilAborted(signal)),
    [service("a", "x")],
    stop.signal,
  );
  const reason = new Error("interrupted");
  setTimeout(() => stop.abort(reason), 10);
  await expect(failing).rejects.toBe(reason);
});
