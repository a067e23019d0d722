/** Round trips before, during and after `netem delay 100ms` on one side of a link. */
import { inside, port, withBareNodes } from "../bare-nodes.js";
import { roundTripsMs } from "../round-trips.js";

const found = await withBareNodes(["a", "b"], async ([a, b]) => {
  if (a === undefined || b === undefined) throw new Error("two nodes were asked for");
  const measure = () => roundTripsMs(a.pid, { host: b.addresses.v4[0], port });
  const before = await measure();
  inside(b.pid, "tc qdisc add dev eth0 root netem delay 100ms");
  const during = await measure();
  inside(b.pid, "tc qdisc del dev eth0 root");
  return { before, during, after: await measure() };
});
console.log(JSON.stringify(found));
