import { setFlagsFromString } from "node:v8";

/**
 * Lets the heap grow by half of what is in use before it is collected, not by several times as much: a story keeps each line for a moment
 * only, and a reader that runs for hours beside a cluster should not take the memory of one.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=50");
}
