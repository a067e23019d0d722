// Cuts every node off from the others, one after the other, some of them twice: what YAML cannot say.
//
//     devious chaos plan rolling-cut.mjs --nodes 5
//     devious chaos run rolling-cut.mjs
import { after, at, defineScenario, isolate, restart } from "devious";

const everySeconds = 4;

export default defineScenario({
  name: "rolling-cut",
  plan({ nodes, random }) {
    const names = random.shuffle(nodes.map(({ name }) => name));
    // draws follow from the seed: the same seed, the same nodes
    const turns = names.flatMap((name) => (random.chance(0.3) ? [name, name] : [name]));
    const cuts = turns.map((name, turn) =>
      at(`${(turn + 1) * everySeconds}s`, isolate(name), { name: `cut-${turn + 1}`, for: "2s..3s" }),
    );
    return [...cuts, after(`cut-${cuts.length}.healed + 1s`, restart("leader"))];
  },
});
