/** The client for load reads no headers, so a call that failed is made once more by node:http2, to say why. */
import { connect } from "node:http2";

/** Resolves to an error for people. */
export async function whyItFailed(port, path, message, cause) {
  const said = cause === undefined ? await askAgain(port, path, message).catch(({ message: text }) => text) : cause.message;
  return new Error(`${path} on port ${port} failed: ${said}`, { cause });
}

function askAgain(port, path, message) {
  const session = connect(`http://127.0.0.1:${port}`);
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request(headers);
    let told = {};
    stream.on("response", (answer) => (told = { ...told, ...answer }));
    stream.on("trailers", (trailers) => (told = { ...told, ...trailers }));
    stream.on("error", reject);
    stream.on("close", () => resolve(`status ${told["grpc-status"] ?? told[":status"]} ${told["grpc-message"] ?? ""}`.trim()));
    stream.resume();
    stream.setTimeout(5000, () => stream.destroy(new Error("no answer within 5 s")));
    stream.end(Buffer.concat([prefix, message]));
  }).finally(() => session.destroy());
}
