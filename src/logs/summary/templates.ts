import type { Level } from "../../core/log-record.js";
import { mask, parameter } from "./mask.js";

/** A kind of message: what its messages have in common, `<*>` where they differ, and who said them when. */
export interface Template {
  /** Words with one space between them; each `<*>` stands for any text. */
  readonly template: string;
  /** Name of the event all of them have; empty where the program names none. */
  readonly event: string;
  readonly level: Level;
  readonly count: number;
  /** Who said it, sorted. */
  readonly nodes: readonly string[];
  /** Stamps of the first and the last of them. */
  readonly firstTs: string;
  readonly lastTs: string;
  /** The first one, as it was said; long ones are cut. */
  readonly example: string;
}

export interface Templates {
  /** Most frequent first. */
  readonly kept: readonly Template[];
  /** What had to be forgotten, least recently used first, because there were too many; it comes back as new when it is said again. */
  readonly dropped: { readonly templates: number; readonly records: number };
}

interface Cluster {
  readonly group: Group;
  /** Changed in place as messages join; its length never changes. */
  readonly words: string[];
  readonly example: string;
  readonly firstTs: string;
  readonly nodes: Set<string>;
  lastTs: string;
  count: number;
  isDropped: boolean;
  /** Neighbours in the order of use. */
  newer: Cluster | undefined;
  older: Cluster | undefined;
}

/** One leaf of the tree: clusters of one level, event, number of words and first word. */
interface Group {
  readonly level: Level;
  readonly event: string;
  readonly parent: Branch;
  readonly firstWord: string;
  readonly clusters: Cluster[];
}

/** The clusters of one level, event and number of words, by their first word. */
interface Branch {
  readonly key: string;
  readonly groups: Map<string, Group>;
}

/** A message joins a template when at least this part of its words is the same. */
const leastSimilarity = 0.6;
/** First words of one branch that are told apart; all further ones share one leaf, where the first word may vary. */
const mostFirstWords = 100;
/** Clusters of one leaf. The least recently used one makes room, so that no search is longer than this. */
const mostClusters = 100;
/** So many clusters in one leaf show that what differs are parameters: from there on less need be the same. */
const crowd = mostClusters / 2;
const leastSimilarityInCrowd = 0.3;
/** Words of a message; what is said after them is one parameter. */
const mostWords = 64;
const mostExampleChars = 300;
/** Masked messages whose cluster is remembered, for each cluster there may be. */
const remembered = 4;

/**
 * Groups messages into templates as they come, after Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed
 * Depth Tree", ICWS 2017): what surely varies is masked, then a tree of fixed depth (here level and event, number of words, first word)
 * leads to a few clusters, of which the most similar one takes the message and gives up the words that differ.
 *
 * Unlike there, words that are parameters on both sides count neither for nor against similarity; leaves are bounded, and a
 * crowded one asks for less similarity; the least recently used cluster is dropped when there are more than `most`; and a masked message that was seen lately goes to its cluster without a search, which is
 * the usual way for a program's few kinds of messages. The time of a record is its caller's, in stamps.
 */
export class TemplateMiner {
  readonly #most: number;
  readonly #branches = new Map<string, Branch>();
  readonly #lately = new Map<string, Cluster>();
  #newest: Cluster | undefined;
  #oldest: Cluster | undefined;
  #count = 0;
  #droppedTemplates = 0;
  #droppedRecords = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** `ts` must be a string of its own (see {@link detached}). */
  add(level: Level, event: string, msg: string, node: string, ts: string): void {
    const masked = mask(msg);
    // the length keeps apart what ends an event's name and what begins a message
    const key = `${level} ${event.length} ${event} ${masked}`;
    let cluster = this.#lately.get(key);
    if (cluster === undefined || cluster.isDropped) {
      cluster = this.#join(level, event, masked) ?? this.#found(level, event, masked, msg, ts);
      if (this.#lately.size >= this.#most * remembered) this.#lately.clear();
      this.#lately.set(key, cluster);
    }
    cluster.count++;
    cluster.lastTs = ts;
    cluster.nodes.add(node);
    this.#use(cluster);
  }

  result(): Templates {
    const clusters: Cluster[] = [];
    for (let at = this.#oldest; at !== undefined; at = at.newer) clusters.push(at);
    const kept = clusters.map((cluster): Template => {
      const { group, words, count, nodes, firstTs, lastTs, example } = cluster;
      const { event, level } = group;
      return { template: words.join(" "), event, level, count, nodes: [...nodes].sort(), firstTs, lastTs, example };
    });
    // ties by what was said first, and then by the text: an order that any run gives
    kept.sort((a, b) => b.count - a.count || compare(a.firstTs, b.firstTs) || compare(a.template, b.template));
    return { kept, dropped: { templates: this.#droppedTemplates, records: this.#droppedRecords } };
  }

  /** The cluster that takes the message, which is made more general where it has to be; undefined where none is similar enough. */
  #join(level: Level, event: string, masked: string): Cluster | undefined {
    const words = wordsOf(masked);
    const groups = this.#branches.get(branchKey(level, event, words))?.groups;
    const group = groups?.get(words[0] ?? "") ?? groups?.get(parameter);
    let best: Cluster | undefined;
    const clusters = group?.clusters ?? [];
    let bestSimilarity = clusters.length < crowd ? leastSimilarity : leastSimilarityInCrowd;
    for (const cluster of clusters) {
      const similarity = similarityOf(cluster.words, words);
      if (similarity < bestSimilarity || (best !== undefined && similarity === bestSimilarity)) continue;
      best = cluster;
      bestSimilarity = similarity;
    }
    best?.words.forEach((word, at, all) => {
      if (word !== words[at]) all[at] = parameter;
    });
    return best;
  }

  /** A cluster of its own for a message that is like none. */
  #found(level: Level, event: string, masked: string, msg: string, ts: string): Cluster {
    const words = wordsOf(masked);
    const key = branchKey(level, event, words);
    let parent = this.#branches.get(key);
    if (parent === undefined) this.#branches.set(key, (parent = { key, groups: new Map<string, Group>() }));
    const ownWord = words[0] ?? "";
    const firstWord = parent.groups.has(ownWord) || parent.groups.size < mostFirstWords ? ownWord : parameter;
    let group = parent.groups.get(firstWord);
    if (group === undefined) parent.groups.set(firstWord, (group = { level, event, parent, firstWord, clusters: [] }));
    const example = msg.length > mostExampleChars ? `${msg.slice(0, mostExampleChars)}…` : msg;
    const cluster: Cluster = {
      group,
      words,
      example: detached(example),
      firstTs: ts,
      nodes: new Set<string>(),
      lastTs: ts,
      count: 0,
      isDropped: false,
      newer: undefined,
      older: undefined,
    };
    group.clusters.push(cluster);
    this.#count++;
    if (group.clusters.length > mostClusters) this.#drop(leastRecent(group.clusters, cluster));
    else if (this.#count > this.#most && this.#oldest !== undefined) this.#drop(this.#oldest);
    return cluster;
  }

  /** Makes the cluster the most recently used one. */
  #use(cluster: Cluster): void {
    if (this.#newest === cluster) return;
    this.#unlink(cluster);
    cluster.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = cluster;
    this.#newest = cluster;
    this.#oldest ??= cluster;
  }

  #unlink(cluster: Cluster): void {
    const { newer, older } = cluster;
    if (newer !== undefined) newer.older = older;
    else if (this.#newest === cluster) this.#newest = older;
    if (older !== undefined) older.newer = newer;
    else if (this.#oldest === cluster) this.#oldest = newer;
    cluster.newer = undefined;
    cluster.older = undefined;
  }

  #drop(cluster: Cluster): void {
    this.#unlink(cluster);
    cluster.isDropped = true;
    this.#count--;
    this.#droppedTemplates++;
    this.#droppedRecords += cluster.count;
    const { clusters, parent, firstWord } = cluster.group;
    clusters.splice(clusters.indexOf(cluster), 1);
    if (clusters.length > 0) return;
    parent.groups.delete(firstWord);
    if (parent.groups.size === 0) this.#branches.delete(parent.key);
  }
}

/** The one whose last message is the oldest, the new one aside. */
function leastRecent(clusters: readonly Cluster[], fresh: Cluster): Cluster {
  return clusters.reduce((least, one) => (least === fresh || (one !== fresh && one.lastTs < least.lastTs) ? one : least));
}

/**
 * A copy of `text` that shares no memory with it. V8 keeps a whole chunk of input alive for any slice of it that is kept; joining
 * and slicing makes it write the characters anew.
 */
export function detached(text: string): string {
  return ` ${text}`.slice(1);
}

/** At least one word. Masking has limited the characters, this limits the words. */
function wordsOf(masked: string): string[] {
  const words = detached(masked).trim().split(/\s+/);
  if (words.length <= mostWords) return words;
  return [...words.slice(0, mostWords), parameter];
}

function branchKey(level: Level, event: string, words: readonly string[]): string {
  return `${words.length} ${level} ${event}`;
}

/** The part of the words that are the same, from 0 to 1; 1 where all are parameters on both sides. Equally many words. */
function similarityOf(template: readonly string[], words: readonly string[]): number {
  let same = 0;
  let compared = template.length;
  for (let at = 0; at < template.length; at++) {
    if (template[at] !== words[at]) continue;
    if (template[at] === parameter) compared--;
    else same++;
  }
  return compared === 0 ? 1 : same / compared;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
