import fc from "fast-check";

/**
 * What the property tests draw is the same in every run of a checkout, so that a run decides whether that checkout is good, and not luck.
 * `DEVIOUS_PROPERTY_SEED=N` draws something else; a failure prints how to repeat it either way.
 */
const seed = Number(process.env["DEVIOUS_PROPERTY_SEED"] ?? 20_261_121);
if (!Number.isSafeInteger(seed)) throw new Error("DEVIOUS_PROPERTY_SEED must be a whole number.");
fc.configureGlobal({ seed });
