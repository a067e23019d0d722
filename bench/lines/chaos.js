/** What a fault costs beyond starting the CLI: `chaos` commands beside `status`, on one cluster. */
import { inTurn } from "../figures.js";
import { ratioLine } from "../report.js";

const rounds = 9;
const asked = 1.2;

export async function chaos({ devious }) {
  await devious.up();
  const { nodes } = await devious.status();
  const follower = nodes.find(({ store }) => store.role === "follower").node;
  const heal = () => devious.onCluster(["chaos", "heal"]);
  const taken = await inTurn(rounds, {
    status: () => devious.onCluster(["status"]),
    pause: () => devious.onCluster(["chaos", "pause", follower, "--for", "30s"]),
    "heal a pause": heal,
    partition: () => devious.onCluster(["chaos", "partition", "isolate", follower, "--for", "30s"]),
    "heal a partition": heal,
  });
  await devious.down();
  const { status, ...commands } = taken;
  return Object.entries(commands).map(([name, thing]) =>
    ratioLine(`chaos: ${name}`, { thing, floor: status, asked, floorName: "status" }),
  );
}
