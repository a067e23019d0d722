import { writeMessage, type CodedMessage } from "../../../src/store/leaderless/message-codec.js";
import { ByteWriter } from "../../../src/store/leaderless/versions/binary.js";

/** As they travel together. */
export function messageBytes(...messages: readonly CodedMessage[]): Buffer {
  const out = new ByteWriter();
  for (const message of messages) writeMessage(out, message);
  return out.bytes();
}
