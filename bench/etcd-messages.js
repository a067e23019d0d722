/**
 * The few messages of etcd's v3 API that a load needs, as protobuf bytes made before the clock runs. Field numbers are those of etcd's
 * rpc.proto: https://etcd.io/docs/v3.4/dev-guide/api_reference_v3/.
 */
export const paths = {
  put: "/etcdserverpb.KV/Put",
  range: "/etcdserverpb.KV/Range",
  watch: "/etcdserverpb.Watch/Watch",
};

export function putRequest(key, value) {
  return Buffer.concat([bytesField(1, key), bytesField(2, value)]);
}

/** Reads one key. */
export function rangeRequest(key, { serializable }) {
  return Buffer.concat([bytesField(1, key), serializable ? Buffer.from([7 << 3, 1]) : Buffer.alloc(0)]);
}

/** A `WatchRequest` that creates a watcher of `key`, or of all up to `rangeEnd`. */
export function watchRequest(key, rangeEnd) {
  const create = Buffer.concat([bytesField(1, key), rangeEnd === undefined ? Buffer.alloc(0) : bytesField(2, rangeEnd)]);
  return bytesField(1, create);
}

/** What a `WatchResponse` says: whether it only tells that the watcher is there, and how many events are in it. */
export function readWatchResponse(bytes) {
  let created = false;
  let events = 0;
  for (const { field, number } of fields(bytes)) {
    if (field === 3) created = number === 1;
    if (field === 11) events++;
  }
  return { created, events };
}

/** Top-level fields; of those with a length only that they are there. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = varint();
    if ((tag & 7) === 2) at += number;
    else if ((tag & 7) !== 0) throw new Error(`wire type ${tag & 7} in an answer of etcd's API`);
    yield { field: tag >>> 3, number };
  }
}

function bytesField(field, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varintBytes(bytes.length), bytes]);
}

function varintBytes(value) {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
