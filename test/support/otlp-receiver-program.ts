/** The receiver as a program for a container: `node receiver.mjs PORT`. `GET /` tells what it has taken, as JSON. */
import { OtlpReceiver } from "./otlp-receiver.js";

await OtlpReceiver.listen(Number(process.argv[2]), "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
