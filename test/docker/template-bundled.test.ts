// Shows the templates of the bundled designs, as `init` writes them: smoke finds nothing wrong, under their own scenarios as well.
import { expect, test } from "vitest";
import { TestCluster } from "../support/cli.js";
import { smokeTroubles } from "../support/template-cluster.js";

test.each(["raft", "leaderless"])("%s", async (template) => {
  const cluster = await TestCluster.create();
  try {
    await cluster.json("init", "--template", template, "--name", cluster.name);
    expect(await smokeTroubles(cluster)).toEqual([]);
  } finally {
    await cluster.destroy();
  }
});
