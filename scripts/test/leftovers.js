/** What the tests made and did not remove. Clusters that a developer had running before are not theirs. */
import { canAsk, engineAddress, get } from "../setup/docker-api.js";
import { Trouble } from "../setup/trouble.js";

const filters = encodeURIComponent(JSON.stringify({ label: ["devious.cluster"] }));

/** Everything on the engine that carries our label: id -> what it is, for a person. */
export async function listOurs() {
  const { address } = engineAddress();
  if (!canAsk(address)) return new Map();
  const ask = async (path) => JSON.parse(await get(address, path, { timeoutMs: 20_000 }));
  const containers = await ask(`/containers/json?all=1&filters=${filters}`);
  const networks = await ask(`/networks?filters=${filters}`);
  const { Volumes } = await ask(`/volumes?filters=${filters}`);
  return new Map([
    ...containers.map(({ Id, Names }) => [Id, `container ${Names[0]}`]),
    ...networks.map(({ Id, Name }) => [Id, `network ${Name}`]),
    ...(Volumes ?? []).map(({ Name }) => [`volume ${Name}`, `volume ${Name}`]),
  ]);
}

export async function noLeftovers(before) {
  const left = [...(await listOurs())].filter(([id]) => !before.has(id)).map(([, what]) => what);
  if (left.length > 0) throw new Trouble("The tests left something behind:", left);
}
