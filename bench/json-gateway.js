/** etcd's JSON gateway, which both stores have: for what is asked now and then, not for load. */
import { request } from "node:http";

/** One call; resolves to the parsed answer. */
export function post(port, path, body) {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent: false, timeout: 10_000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (text += chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${path}: no answer within 10 s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}
