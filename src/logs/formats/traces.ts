/**
 * Stack traces are written line by line; whoever reads them wants them whole. Which lines go on with the trace before is told here, for
 * Java, Python, Node, Go, Rust, Ruby, PHP and .NET.
 */

const space = 0x20;
const tab = 0x09;
/** A trace is judged by so much of its end: enough for what matters, and a long one costs no more than a short one. */
const lookBack = 8 * 1024;

/**
 * True where `text` goes on with the trace that `previous` ends in: all lines of one record so far, joined by newlines (a single one to
 * begin with). JSON, and a line with a time or a level of its own, never goes on with anything.
 */
export function continues(previous: string, text: string): boolean {
  const first = text.charCodeAt(0);
  if (first === 0x7b) return false;
  const goesOn = first === space || first === tab ? indentedGoesOn(previous, text) : flushGoesOn(previous, text);
  return goesOn && !ownLine.test(text);
}

/** A time or a level at the start, as programs begin a line of their own. */
const ownLine =
  /^\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|[IWEF]\d{4} \d\d:\d\d:\d\d|<\d{1,3}>|(?:level|lvl)=|[\w.]+=\S* \w+=)/;

/** Lines that only a trace has, so they belong to whatever stands before them. */
const frames = [
  // Java, Node, .NET
  /^\s+at \S/,
  // Java: what it leaves out, and what failed while cleaning up
  /^\s+\.\.\. \d+ (?:more|common frames omitted)/,
  /^\s+Suppressed: /,
  // Python
  /^ +File ".*", line \d+/,
  // Ruby
  /^\s+from \S+:\d+:in /,
  // .NET: an inner failure, and where it ends
  /^ +---> \S/,
  /^ +--- End of /,
  // PHP
  /^ +thrown in \S/,
];

/** .NET's console names level and category first and indents what it says. */
const dotnetHead = /^(?:trce|dbug|info|warn|fail|crit): .+\[\d+\]$/;

function indentedGoesOn(previous: string, text: string): boolean {
  if (frames.some((frame) => frame.test(text))) return previous !== "";
  if (dotnetHead.test(firstLine(previous))) return text.startsWith("      ");
  return isTrace(previous);
}

/** First lines of traces whose later lines need not be indented. */
const python = /^Traceback \(most recent call last\):$/m;
const pythonLinks =
  /^(?:During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):$/;
const go = /^(?:panic: |fatal error: |goroutine \d+ \[|SIG[A-Z]+: )/m;
const goLines = /^(?:goroutine \d+ .*:$|\[signal |\[recovered\]|created by \S|panic\(|runtime stack:$|exit status \d+$)/;
/** `main.(*Shop).Sell(0xc000)`: a package and a name, up to the brace at the end. */
const goCall = /^[\w./-]*\w\.[(\w]/;
const rust = /^thread '.*' (?:\(\d+\) )?panicked at /m;
const nodeSource = /^(?:\/|file:|node:|[A-Z]:\\)\S*:\d+$/;
const php = /^(?:PHP )?Stack trace:$/m;

function isTrace(previous: string): boolean {
  const end = lookedAt(previous);
  return (
    python.test(end) ||
    go.test(end) ||
    rust.test(end) ||
    nodeSource.test(firstLine(previous)) ||
    (end.includes("\n") && frames.some((frame) => end.split("\n").some((line) => frame.test(line))))
  );
}

/** Lines that begin at the margin: each kind of trace has its own few. */
function flushGoesOn(previous: string, text: string): boolean {
  if (text.startsWith("Caused by: ")) return previous !== "";
  const head = firstLine(previous);
  if (text.startsWith("Traceback (") || javaFailure.test(text))
    return !head.includes("Traceback (") ? isFailure(previous) : linked(previous);
  // nothing that follows is any line's but a trace's, and few streams have one
  if (!previous.includes("\n") && !heads.test(head)) return false;
  const end = lookedAt(previous);
  const last = lastLine(previous);
  if (python.test(end)) return pythonGoesOn(last, text);
  if (go.test(end))
    return text === "" ? !last.startsWith("exit status") : goLines.test(text) || (text.endsWith(")") && goCall.test(text));
  if (rust.test(end)) return rust.test(last) || text.startsWith("note: ") || text === "stack backtrace:";
  if (nodeSource.test(head)) return nodeGoesOn(last, text);
  if (php.test(text)) return true;
  if (php.test(end)) return /^#\d+ /.test(text);
  // a Node error's own properties: `at x {`, indented lines, then the brace
  return text === "}" && /^\s/.test(last) && end.includes(" {\n");
}

const heads =
  /^(?:Traceback \(|panic: |fatal error: |goroutine \d|SIG[A-Z]+: |thread '|\/|file:|node:|[A-Z]:\\|PHP |Fatal error: )/;

/** A name, and what it says: the line that ends a trace of Python, and the only one that begins at the margin. */
const pythonFailure = /^[A-Za-z_][\w.]*(?:: .*)?$/;

function pythonGoesOn(last: string, text: string): boolean {
  if (text === "") return last !== "";
  if (pythonLinks.test(text)) return last === "";
  return /^\s/.test(last) && pythonFailure.test(text);
}

function linked(previous: string): boolean {
  return pythonLinks.test(lastLine(previous.trimEnd()));
}

/** Node shows the source, then an empty line, the error, its frames, an empty line and its own version. */
function nodeGoesOn(last: string, text: string): boolean {
  if (text === "") return last !== "";
  if (text === "}") return /^\s/.test(last);
  return last === "" && (/^(?:Uncaught )?[\w.]*(?:Error|Exception)\b/.test(text) || /^Node\.js v\d/.test(text));
}

/** `java.io.IOException: closed`, as a logger writes it under its own line. */
const javaFailure = /^(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable)(?:: |$)/;
const failed = /^.{0,120}\b(?:WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL)\b/;

/** A single line of a logger that has a failure to tell of. */
function isFailure(previous: string): boolean {
  return !previous.includes("\n") && ownLine.test(previous) && failed.test(previous);
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end === -1 ? text : text.slice(0, end);
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1);
}

/** Beginning and end of a long text. */
function lookedAt(text: string): string {
  return text.length <= lookBack ? text : `${firstLine(text).slice(0, 1024)}\n${text.slice(-lookBack)}`;
}
