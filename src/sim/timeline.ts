/** Virtual time: one queue of everything that will happen. Nothing else in the simulator knows what time it is. */
export interface Timeline {
  /** Milliseconds since the start of the run. */
  readonly nowMs: () => number;
  /** Events at one moment happen in the order in which they were asked for. */
  after(delayMs: number, happen: () => void): void;
  /** Lets everything happen that is due before `endMs` and, while it does, `stop` says false. */
  runUntil(endMs: number, stop?: () => boolean): void;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

export function createTimeline(): Timeline {
  const heap: Event[] = [];
  let nowMs = 0;
  let order = 0;

  const isEarlier = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  const push = (event: Event): void => {
    let at = heap.push(event) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Event;
      if (!isEarlier(event, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
  };

  const pop = (): void => {
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1] as Event, heap[child] as Event)) child++;
      const earliest = heap[child] as Event;
      if (!isEarlier(earliest, last)) break;
      heap[at] = earliest;
      at = child;
    }
    heap[at] = last;
  };

  return {
    nowMs: () => nowMs,
    after: (delayMs, happen) => push({ atMs: nowMs + Math.max(0, delayMs), order: order++, happen }),
    runUntil: (endMs, stop = () => false) => {
      for (let next = heap[0]; next !== undefined && next.atMs < endMs; next = heap[0]) {
        if (stop()) return;
        pop();
        nowMs = next.atMs;
        next.happen();
      }
      nowMs = endMs;
    },
  };
}
