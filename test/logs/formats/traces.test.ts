// Shows that stack traces of many languages are one text each, and that no other line is ever drawn into one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { continues } from "../../../src/logs/formats/traces.js";
import { recorded } from "./lines.js";

/** What a reader makes of lines: those that go on with a trace are part of it. */
function records(lines: readonly string[]): readonly string[] {
  const out: string[] = [];
  for (const line of lines) {
    const last = out.at(-1);
    if (last !== undefined && continues(last, line)) out[out.length - 1] = `${last}\n${line}`;
    else out.push(line);
  }
  return out;
}

/** Each is one record. */
const traces: Readonly<Record<string, string>> = {
  Java: `Exception in thread "main" java.lang.IllegalStateException: no stock
	at com.example.Shop.sell(Shop.java:7)
	at com.example.Main.main(Main.java:3)
	Suppressed: java.io.IOException: closed
		at com.example.Shop.close(Shop.java:9)
Caused by: java.io.IOException: disk
	at com.example.Disk.read(Disk.java:1)
	... 2 more`,
  logback: `2026-11-21 01:59:26,643 ERROR [http-1] com.example.Shop: sold out
java.lang.IllegalStateException: no stock
	at com.example.Shop.sell(Shop.java:7)
	... 12 common frames omitted`,
  Python: `Traceback (most recent call last):
  File "/app/shop.py", line 3, in <module>
    sell()
    ~~~~^^
  File "/app/shop.py", line 2, in sell
    raise ValueError("no stock")
ValueError: no stock`,
  "Python, one after another": `Traceback (most recent call last):
  File "/app/shop.py", line 3, in <module>
    sell()
KeyError

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/shop.py", line 5, in <module>
    raise shop.SoldOut("x")
shop.SoldOut: x`,
  "Python's logging": `ERROR:shop:sold out
Traceback (most recent call last):
  File "/app/shop.py", line 3, in <module>
    sell()
ValueError: no stock`,
  Node: `TypeError: x is not a function
    at sell (/app/shop.js:7:3)
    at async main (file:///app/main.js:3:1)`,
  "Node, an error with properties": `Error: connect ECONNREFUSED 127.0.0.1:80
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {
  errno: -111,
  code: 'ECONNREFUSED'
}`,
  "Node, uncaught": `/app/shop.js:3
    throw new Error("no stock");
    ^

Error: no stock
    at Object.<anonymous> (/app/shop.js:3:9)

Node.js v20.20.0`,
  Go: `panic: no stock

goroutine 1 [running]:
main.(*Shop).Sell(...)
	/app/shop.go:7
main.main()
	/app/main.go:3 +0x1d
created by main.start in goroutine 5
	/app/main.go:9 +0x4f

goroutine 18 [select, 3 minutes]:
net/http.(*Server).Serve(0xc000, {0x7f, 0xc0})
	/usr/local/go/src/net/http/server.go:3285 +0x4a
exit status 2`,
  "Go, a signal": `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48]

goroutine 1 [running]:
main.main()
	/app/main.go:3 +0x1d`,
  Rust: `thread 'main' panicked at src/main.rs:2:5:
no stock
stack backtrace:
   0: rust_begin_unwind
             at /rustc/1/library/std/src/panicking.rs:652:5
   1: shop::main
note: run with \`RUST_BACKTRACE=full\` for a verbose backtrace.`,
  Ruby: `/app/shop.rb:2:in 'sell': no stock (RuntimeError)
	from /app/shop.rb:5:in '<main>'`,
  PHP: `PHP Fatal error:  Uncaught Exception: no stock in /app/shop.php:3
Stack trace:
#0 /app/shop.php(7): sell()
#1 {main}
  thrown in /app/shop.php on line 3`,
  ".NET": `Unhandled exception. System.InvalidOperationException: no stock
 ---> System.IO.IOException: disk
   at Shop.Disk.Read() in /app/Disk.cs:line 1
   --- End of inner exception stack trace ---
   at Shop.Program.Main() in /app/Program.cs:line 3`,
  ".NET's console": `fail: Shop.Stock[7]
      no stock
      System.InvalidOperationException: no stock
         at Shop.Program.Main() in /app/Program.cs:line 3`,
};

test.each(Object.entries(traces))("%s: one record, and lines around it are not of it", (_language, trace) => {
  const lines = ["listening on 8080", ...trace.split("\n"), '{"msg":"next"}', ...trace.split("\n"), "done"];
  expect(records(lines)).toEqual(["listening on 8080", trace, '{"msg":"next"}', trace, "done"]);
});

test.each([
  ["a list, indented", ["options:", "  port 80", "\thost x"]],
  ["two errors", ["TypeError: a", "TypeError: b"]],
  ["two exceptions that nobody logged", ["java.io.IOException: a", "java.io.IOException: b"]],
  ["a call at the margin", ["started", "main.main()"]],
  ["a time in the middle of a trace", ["panic: x", "2026/11/21 01:59:26 next"]],
  ["an indented line with a level", ["TypeError: x\n    at a (b:1:1)", "  INFO next"]],
  ["what follows a trace of Python", ['Traceback (most recent call last):\n  File "a", line 1\nValueError: x', "Done: y"]],
  ["a trace after a line that tells no failure", ["2026-11-21 01:59:26 INFO ready", "Traceback (most recent call last):"]],
  ["a brace", ["{", "}"]],
])("%s: lines of their own", (_what, lines) => expect(records(lines)).toEqual(lines));

test("a recorded line of any program begins a record of its own, whatever stands before it", () => {
  const own = recorded.filter(({ format }) => format !== "text" && format !== "nginx").map(({ line }) => line);
  const before = fc.oneof(fc.constantFrom(...Object.values(traces)), fc.constantFrom(...own));
  fc.assert(
    fc.property(before, fc.constantFrom(...own), (previous, line) => !continues(previous, line)),
    { numRuns: 2000 },
  );
});

test("any text before any text: an answer", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (previous, text) => typeof continues(previous, text) === "boolean"));
});

test("a long line takes no turn for each pair of its letters", () => {
  const units = ["a", " ", "a.", "/a", "(", "\t", "\n", "a\n", "at ", "- "];
  const starts = ["", "    at ", "panic: x\n", "Traceback (most recent call last):\n  x", "/a", "thread '"];
  const long = starts.flatMap((start) => units.map((unit) => start + unit.repeat(50_000)));
  const goOn = long.filter((text) => continues("panic: x\n\ty", text) || continues(text, "main.main()"));
  // tabs, spaces and frames go on with a trace of Go, and that one with whatever began like one
  expect(goOn.length).toBeLessThan(long.length);
});
