/**
 * Protocols in which a connection has one request on its way at a time, as their clients use them: Riak's protocol buffers
 * (https://docs.riak.com/riak/kv/2.2.3/developing/api/protocol-buffers/) and Redis' RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 *
 * Each has
 * - `put(key, value, seen)` and `get(key)`: the bytes of a request; `seen` is what the last put of the key left behind, undefined for the first
 * - `cut(bytes)`: how many of them are the first whole answer; 0 while it is not whole
 * - `seen(answer)`: what the next put of the key has to bring along; throws where the answer says that something failed
 */

const bucket = Buffer.from("bench");
const riakCode = { error: 0, get: 9, gotten: 10, put: 11, done: 12 };
/** Of RpbPutReq: return the object without its value, for its context. */
const returnHead = varintField(11, 1);

function riakRequest(code, parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length + 1, 0);
  head[4] = code;
  return Buffer.concat([head, body]);
}

export const riak = {
  put(key, value, seen) {
    const content = bytesField(4, bytesField(1, value));
    const context = seen === undefined ? [] : [bytesField(3, seen)];
    return riakRequest(riakCode.put, [bytesField(1, bucket), bytesField(2, Buffer.from(key)), ...context, content, returnHead]);
  },
  get: (key) => riakRequest(riakCode.get, [bytesField(1, bucket), bytesField(2, Buffer.from(key))]),
  cut: (bytes) => (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32BE(0) ? 0 : 4 + bytes.readUInt32BE(0)),
  seen(answer) {
    const code = answer[4];
    if (code === riakCode.gotten) {
      if (answer.length === 5) throw new Error("nothing was found");
      return undefined;
    }
    if (code !== riakCode.done) throw new Error(`it answered with message ${code}: ${answer.toString("latin1", 5)}`);
    return fieldOf(answer.subarray(5), 2);
  },
};

export const redis = {
  put: (key, value) =>
    Buffer.concat([Buffer.from(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n`), value, crlf]),
  get: (key) => Buffer.from(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`),
  cut(bytes) {
    const end = bytes.indexOf(crlf);
    if (end < 0) return 0;
    if (bytes[0] !== dollar) return end + 2;
    const whole = end + 2 + Number(bytes.toString("latin1", 1, end)) + 2;
    return bytes.length < whole ? 0 : whole;
  },
  seen(answer) {
    if (answer[0] === minus || answer.toString("latin1", 0, 3) === "$-1")
      throw new Error(`it answered ${answer.toString("latin1").trim()}`);
    return undefined;
  },
};

const crlf = Buffer.from("\r\n");
const [dollar, minus] = [0x24, 0x2d];

function varintField(number, value) {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function bytesField(number, bytes) {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Bytes of the first field of that number, which holds bytes; the fields before it do as well. */
function fieldOf(message, wanted) {
  let at = 0;
  const next = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const number = Math.floor(next() / 8);
    const length = next();
    if (number === wanted) return Buffer.from(message.subarray(at, at + length));
    at += length;
  }
  return undefined;
}
