import { Flags } from "@oclif/core";
import { DeviousError } from "../core/errors.js";
import { clusterFlag, nodeFlag } from "./flags.js";

const quorumFlag = Flags.custom<string>({
  parse: (text) => {
    if (/^[1-9]\d{0,2}$/.test(text) || ["one", "quorum", "all"].includes(text)) return Promise.resolve(text);
    throw new DeviousError("USAGE", `"${text}" is not a number of replicas`, { hint: "Write a number, one, quorum or all." });
  },
  helpValue: "<replicas>",
});

const nameFlags = {
  cluster: clusterFlag,
  node: nodeFlag,
  bucket: Flags.string({ description: "Leaderless: the bucket; the key is then all of <key>.", helpValue: "<bucket>" }),
  type: Flags.string({ description: "Leaderless: the bucket type; default: default.", helpValue: "<type>" }),
};

/** Flags of every command that reads a key. */
export const readFlags = {
  ...nameFlags,
  r: quorumFlag({ description: "Leaderless: how many replicas have to answer; default: the bucket's." }),
  pr: quorumFlag({ description: "Leaderless: how many of them have to be owners, not stand-ins." }),
};

/** Flags of every command that writes a key. */
export const writeFlags = {
  ...readFlags,
  w: quorumFlag({ description: "Leaderless: how many replicas have to take the write; default: the bucket's." }),
  pw: quorumFlag({ description: "Leaderless: how many of them have to be owners, not stand-ins." }),
  context: Flags.string({
    description: "Leaderless: the context of a read, which this follows; it takes the place of what that read saw.",
    helpValue: "<base64>",
  }),
};
