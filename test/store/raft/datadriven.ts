/**
 * Reads the recorded cases of etcd-io/raft (Apache License 2.0, testdata/LICENSE): a command with arguments, lines of input, `----`,
 * the expected output, an empty line.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface Case {
  readonly file: string;
  readonly line: number;
  readonly command: string;
  /** `cfg=(1,2)` is `["1", "2"]`, `cfgj=zero` is `["zero"]`. */
  readonly args: Readonly<Record<string, readonly string[]>>;
  readonly input: string;
  readonly expected: string;
}

export function readCases(folder: string): Case[] {
  const url = new URL(`testdata/${folder}/`, import.meta.url);
  return readdirSync(url).flatMap((file) => parse(file, readFileSync(new URL(file, url), "utf8")));
}

function parse(file: string, text: string): Case[] {
  const lines = text.split("\n");
  const cases: Case[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i] ?? "";
    if (head === "" || head.startsWith("#")) continue;
    const end = lines.indexOf("----", i);
    const rest = lines.slice(end + 1);
    const blank = rest.indexOf("");
    const expected = blank < 0 ? rest : rest.slice(0, blank);
    const args = [...head.matchAll(/(\w+)=(?:\(([^)]*)\)|([^\s(]+))/g)].map(([, key, list, word]) => [
      key ?? "",
      list === undefined ? [word ?? ""] : list.split(/[\s,]+/).filter((item) => item !== ""),
    ]);
    cases.push({
      file,
      line: i + 1,
      command: head.split(" ")[0] ?? "",
      args: Object.fromEntries(args) as Case["args"],
      input: lines.slice(i + 1, end).join("\n"),
      expected: expected.join("\n"),
    });
    i = end + expected.length;
  }
  return cases;
}
