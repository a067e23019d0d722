/** A Docker engine that answers, and the host programs that the `local` image base copies into its image. */
import { existsSync } from "node:fs";
import { canAsk, defaultAddress, engineAddress, whyNoAnswer } from "./docker-api.js";
import { install, installCommand, mayInstall, missingPackages } from "./debian.js";
import { startDockerd } from "./dockerd.js";
import { findProgram, runQuietly } from "./run.js";
import { Trouble } from "./trouble.js";

const imagePrograms = ["iptables", "nft", "ip", "tc", "nsenter"];

export async function needEngine() {
  const { address, chosenBy } = engineAddress();
  if (chosenBy !== undefined && address !== defaultAddress) return useChosen(address, chosenBy);
  const why = await whyNoAnswer(defaultAddress);
  if (why === undefined) return process.platform === "linux" && needPrograms([]);
  if (why === "EACCES") {
    throw new Trouble("A Docker engine is running, but this user may not use it. Join its group, then log in again:", [
      "sudo usermod -aG docker $USER",
    ]);
  }
  if (process.platform !== "linux")
    throw new Trouble("No Docker engine answers. Start Docker Desktop (or another engine) and run this again.");
  needPrograms(["dockerd"]);
  await start();
}

/** An engine that the user chose is the user's: it is never started from here. */
async function useChosen(address, chosenBy) {
  if (address === undefined) throw new Trouble(`There is no ${chosenBy.replace("the ", "")}. See: docker context ls`);
  console.log(`Using the Docker engine at ${address} (${chosenBy})`);
  const why = canAsk(address) ? await whyNoAnswer(address) : undefined;
  if (why !== undefined)
    throw new Trouble(
      `The Docker engine at ${address}, chosen by ${chosenBy}, does not answer: ${why}. Start it and run this again.`,
    );
}

function needPrograms(more) {
  const packages = missingPackages([...more, ...imagePrograms]);
  if (packages.length === 0) return;
  if (!mayInstall()) {
    const debian = findProgram("apt-get") !== undefined;
    const commands = debian
      ? ["sudo apt-get update", installCommand(packages)]
      : [`install with your package manager: ${packages.join(" ")}`];
    throw new Trouble(`Missing here: ${packages.join(", ")}. Install and run this again:`, commands);
  }
  install(packages);
  const still = missingPackages([...more, ...imagePrograms]);
  if (still.length > 0)
    throw new Trouble(`apt-get installed ${still.join(", ")}, yet the programs are not there. Reinstall:`, [
      `apt-get install --reinstall ${still.join(" ")}`,
    ]);
}

async function start() {
  // The package may have started its service just now.
  if ((await whyNoAnswer(defaultAddress)) === undefined) return;
  const systemd = existsSync("/run/systemd/system");
  if (process.getuid() !== 0) {
    throw new Trouble("No Docker engine answers. Start it and run this again:", [
      systemd ? "sudo systemctl start docker" : "sudo dockerd",
    ]);
  }
  console.log(`Starting the Docker engine (${systemd ? "systemctl start docker" : "dockerd"})`);
  if (systemd) runQuietly("systemctl", ["start", "docker"], { timeoutMs: 90_000 });
  else await startDockerd();
}
