/** etcd before 3.5, and others of CoreOS: `2026-11-21 10:00:00.123456 I | raft: became leader at term 2` (coreos/pkg/capnslog). */
import { levelOfLetter } from "./levels.js";
import { patternReader } from "./pattern.js";

const layout = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} (?<level>[TDINWEC]) \| (?:(?<package>[\w./-]+): )?(?<msg>.*)$/;

export const readCapnslog = patternReader([layout], levelOfLetter);
