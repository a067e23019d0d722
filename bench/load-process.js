/** One process of a load: takes jobs as messages, answers each with what it saw. `load.js` starts these. */
import { unaryLoad } from "./grpc-load.js";

process.on("message", (job) => {
  unaryLoad(job).then(
    ({ histogram, tookMs }) => process.send({ counts: histogram.toJSON(), tookMs }),
    (error) => process.send({ failure: error.message }),
  );
});
process.on("disconnect", () => process.exit());
