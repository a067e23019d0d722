// Shows the zookeeper template with ZooKeeper itself: its leader is found, isolated and succeeded, in `status` and in the merged log; healed, it follows and catches up.
import { afterAll, beforeAll, expect, test } from "vitest";
import { TemplateCluster } from "../support/template-cluster.js";

/** Runs a class of ZooKeeper, as the scripts of the registry's image do. */
const java = (words: string): string =>
  [
    "#!/bin/sh",
    "jars=/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-log4j12.jar:/usr/share/java/log4j-1.2.jar",
    "options='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j.configuration=file:/etc/log4j.properties'",
    `exec java $options -cp $jars ${words}`,
    "",
  ].join("\n");
const log4j = [
  "log4j.rootLogger=INFO, out",
  "log4j.appender.out=org.apache.log4j.ConsoleAppender",
  "log4j.appender.out.layout=org.apache.log4j.PatternLayout",
  "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} - %-5p [%t:%C{1}@%L] - %m%n",
  "",
].join("\n");

let zookeeper: TemplateCluster;
beforeAll(async () => {
  zookeeper = await TemplateCluster.create("zookeeper", "ZOOKEEPER_IMAGE", {
    name: "zookeeper",
    packages: ["openjdk-17-jre-headless", "libzookeeper-java", "bash"],
    programs: "/usr/lib/jvm/java-17-openjdk-amd64/bin",
    scripts: {
      "/usr/local/bin/zkServer.sh": java('$SERVER_JVMFLAGS org.apache.zookeeper.server.quorum.QuorumPeerMain "$2"'),
      "/usr/local/bin/zkCli.sh": java('org.apache.zookeeper.ZooKeeperMain "$@"'),
      "/etc/log4j.properties": log4j,
    },
  });
});
afterAll(() => zookeeper.destroy());

test("up boots three nodes of ZooKeeper and finds their leader", async () => {
  await zookeeper.cluster.up();
  expect(await zookeeper.leaders()).toHaveLength(1);
  await zookeeper.exec("zk-1", "zkCli.sh", "create", "/greeting", "hello");
});

test("a leader that is isolated stops serving and is succeeded; healed, it follows and has what it missed", async () => {
  const [former = ""] = await zookeeper.leaders();
  await zookeeper.chaos("isolate", "leader", "--for", "1m");
  const successor = await zookeeper.successorOf(former, 30_000);
  await zookeeper.exec(successor, "zkCli.sh", "set", "/greeting", "good-day");
  expect(await zookeeper.saidSinceFault()).toContainEqual(
    expect.stringMatching(new RegExp(`^${successor} .*LEADING - LEADER ELECTION TOOK`)),
  );

  await zookeeper.chaos("heal");
  await zookeeper.settled(successor, 30_000);
  expect(await zookeeper.exec(former, "zkCli.sh", "get", "/greeting")).toContain("good-day");
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await zookeeper.smokeTroubles()).toEqual([]);
});
