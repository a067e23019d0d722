/** One process of a load: takes jobs as messages, answers each with what it saw. `load.js` starts these. */
import { fill, unaryLoad, watchLoad } from "./grpc-load.js";
import { fillTurns, turnLoad } from "./turn-load.js";

let watchers;

const jobs = {
  /** Calls for a while. */
  call: async (job) => {
    const { histogram, tookMs } = await unaryLoad(job);
    return { counts: histogram.toJSON(), tookMs };
  },
  /** The same over protocols that take turns. */
  turns: async (job) => {
    const { histogram, tookMs } = await turnLoad(job);
    return { counts: histogram.toJSON(), tookMs };
  },
  fillTurns: async (job) => {
    await fillTurns(job);
    return {};
  },
  /** So many puts. */
  fill: async (job) => {
    const { tookMs } = await fill(job);
    return { tookMs };
  },
  /** Answers once all watchers are there; they count until `events` is asked for. */
  watch: async (job) => {
    watchers = await watchLoad(job.port, job.watchers);
    return {};
  },
  events: async () => {
    const events = watchers.events();
    watchers.close();
    return { events };
  },
};

process.on("message", ({ does, ...job }) => {
  jobs[does](job).then(
    (answer) => process.send(answer),
    (error) => process.send({ failure: error.message }),
  );
});
process.on("disconnect", () => process.exit());
