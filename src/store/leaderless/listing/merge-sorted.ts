interface Head {
  readonly text: string;
  readonly rest: Iterator<string>;
}

/** Ascending texts from several sources that ascend; what several have comes once. */
export function* mergeSorted(sources: Iterable<Iterator<string>>): Generator<string, void, undefined> {
  // a heap: no head is below its parent, the one at half of its place less one
  const heap: Head[] = [];
  for (const rest of sources) push(heap, rest);
  let last: string | undefined;
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    if (head.text !== last) yield head.text;
    last = head.text;
    const next = head.rest.next();
    const replaced = next.done === true ? heap.pop() : { text: next.value, rest: head.rest };
    if (replaced !== undefined && heap.length > 0) sink(heap, replaced);
  }
}

function push(heap: Head[], rest: Iterator<string>): void {
  const first = rest.next();
  if (first.done === true) return;
  let at = heap.length;
  for (let parent = (at - 1) >> 1; at > 0 && (heap[parent] as Head).text > first.value; parent = (at - 1) >> 1) {
    heap[at] = heap[parent] as Head;
    at = parent;
  }
  heap[at] = { text: first.value, rest };
}

/** Puts it in the first one's stead. */
function sink(heap: Head[], head: Head): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const right = heap[left + 1];
    const child = right !== undefined && right.text < (heap[left] as Head).text ? left + 1 : left;
    const smaller = heap[child];
    if (smaller === undefined || smaller.text >= head.text) break;
    heap[at] = smaller;
    at = child;
  }
  heap[at] = head;
}
