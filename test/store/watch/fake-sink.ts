import type { WatchSink } from "../../../src/store/watch/watch-stream.js";
import { decode } from "../../../src/store/wire/decode.js";
import { rpcs } from "../../../src/store/wire/rpcs.js";

export type WatchResponse = (typeof rpcs.watch.watch.output)["zero"];

/** A client that takes as many responses as it has credit for. */
export class FakeSink implements WatchSink {
  readonly responses: WatchResponse[] = [];
  credit: number;
  /** Called with each response as it comes. */
  onResponse: (response: WatchResponse) => void = () => {};

  constructor(credit = Infinity) {
    this.credit = credit;
  }

  get writable(): boolean {
    return this.credit > 0;
  }

  write(parts: readonly Buffer[]): boolean {
    this.credit--;
    const response = decode(rpcs.watch.watch.output, Buffer.concat(parts));
    this.responses.push(response);
    this.onResponse(response);
    return this.writable;
  }
}
