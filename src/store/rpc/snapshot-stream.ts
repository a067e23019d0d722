import type { Answers } from "./answering.js";
import type { StateCopy } from "./store.js";

interface SnapshotPart {
  readonly remainingBytes: number;
  readonly blob: Uint8Array;
}

/** Sends a copy of the state as fast as the client takes it, and closes the copy whatever happens. */
export async function sendCopy(copy: StateCopy, answers: Answers<SnapshotPart>): Promise<void> {
  let isGone = false;
  let onRoom: () => void = () => undefined;
  answers.onGone(() => {
    isGone = true;
    onRoom();
  });
  answers.stream.onDrain(() => onRoom());
  let remainingBytes = copy.byteLength;
  try {
    for (let blob = await copy.read(); blob !== undefined && !isGone; blob = await copy.read()) {
      remainingBytes -= blob.length;
      const hasRoom = answers.write({ remainingBytes, blob });
      if (!hasRoom && !isGone) await new Promise<void>((resolve) => (onRoom = resolve));
    }
    if (!isGone) answers.end();
  } finally {
    await copy.close();
  }
}
