/** The tests that npm no-riak comes with: written for mocha and chai, by the client's makers, against Riak. */
import { createRequire } from "node:module";
import { chai } from "vitest";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from a library without types
const require = createRequire(import.meta.url);

/** Without those of map-reduce, search and security, which this store has not, and of the client's own pool. */
const files = ["kv", "2i", "buckets", "other", "crdt/counter", "crdt/map", "crdt/set"];

type Run = (this: object) => unknown;

interface Suite {
  readonly name: string;
  readonly before: Run[];
}

interface Suited {
  readonly name: string;
  readonly suites: readonly Suite[];
  readonly run: Run;
}

/** Runs them against these nodes, `host:port,…`, in turn. What failed, with why. */
export async function runNoRiakSuite(
  addresses: string,
): Promise<{ readonly passed: number; readonly failed: Record<string, string> }> {
  speakChaiAsPromised();
  const tests = collected(addresses);
  const failed: Record<string, string> = {};
  for (const { name, suites, run } of tests) {
    try {
      // once, before the first test of theirs
      for (const { before } of suites) for (const each of before.splice(0)) await each.call(mochaContext);
      await run.call(mochaContext);
    } catch (error) {
      failed[name] = (error as Error).message;
    }
  }
  return { passed: tests.length - Object.keys(failed).length, failed };
}

const mochaContext = { timeout: () => undefined };

function collected(addresses: string): readonly Suited[] {
  const tests: Suited[] = [];
  const open: Suite[] = [];
  const Riak = require("no-riak") as Untyped;
  const Client = Riak["Client"];
  Riak["Client"] = function (options: object): unknown {
    return new Client({ connectionString: addresses, ...options });
  };
  Object.assign(globalThis, {
    expect: chai.expect,
    should: chai.should(),
    uniqueKey: (prefix = "no-riak-test") => `${prefix}-${Math.floor(Date.now() * Math.random())}`,
    describe: (name: string, declare: Run) => {
      open.push({ name, before: [] });
      declare.call(mochaContext);
      open.pop();
    },
    before: (run: Run) => open.at(-1)?.before.push(run),
    it: (name: string, run: Run) =>
      tests.push({ name: [...open.map((suite) => suite.name), name].join(": "), suites: [...open], run }),
  });
  for (const file of files) require(`no-riak/test/${file}.js`);
  return tests;
}

/** As much of chai-as-promised as they use. */
function speakChaiAsPromised(): void {
  chai.use(({ Assertion, expect }) => {
    const rejected = async (promise: Promise<unknown>): Promise<Error> => {
      try {
        await promise;
      } catch (error) {
        return error as Error;
      }
      throw new Error("what should have been rejected was not");
    };
    const rejectedWith = async (promise: Promise<unknown>, ...wanted: readonly unknown[]): Promise<void> => {
      const error = await rejected(promise);
      for (const each of wanted) {
        if (typeof each === "string") expect(error.message).to.include(each);
        else if (each !== undefined) expect(error).to.be.instanceOf(each);
      }
    };
    const eql = async (promise: Promise<unknown>, value: unknown): Promise<void> => {
      expect(await promise).to.eql(value);
    };
    Assertion.addMethod("rejectedWith", function (this: Chai.AssertionStatic, ...wanted: unknown[]) {
      return rejectedWith(this._obj as Promise<unknown>, ...wanted);
    });
    Assertion.addProperty("rejected", function (this: Chai.AssertionStatic) {
      return rejected(this._obj as Promise<unknown>);
    });
    Assertion.addProperty("eventually", function (this: Chai.AssertionStatic) {
      const promise = this._obj as Promise<unknown>;
      const words = {
        eql: (value: unknown) => eql(promise, value),
        rejectedWith: (...wanted: unknown[]) => rejectedWith(promise, ...wanted),
      };
      return { ...words, be: words };
    });
  });
}
