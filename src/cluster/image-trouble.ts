/** What to say where an image cannot be had. Pure. */
import { DeviousError, messageOf } from "../core/errors.js";
import { dockerHub, registryOf } from "../core/image-reference.js";
import { maskText, namesSecret } from "../core/secrets.js";
import type { BuildSpec } from "../spec/own-image.js";

interface Wanted {
  readonly reference: string;
  readonly services: readonly string[];
}

/** `service a`, `services a, b` */
export function usersOf(services: readonly string[]): string {
  return `${services.length === 1 ? "service" : "services"} ${services.join(", ")}`;
}

/** The engine does not have them, and nobody is to get them. */
export function lackTrouble(images: readonly Wanted[]): DeviousError {
  const [first, ...more] = images as [Wanted, ...Wanted[]];
  return new DeviousError(
    "IMAGE_MISSING",
    more.length === 0
      ? `The engine does not have the image ${first.reference} of the ${usersOf(first.services)}.`
      : `The engine does not have ${images.length} of the images that the spec names.`,
    {
      details: more.length === 0 ? [] : images.map(({ reference, services }) => `${services.join(", ")}: ${reference}`),
      hint: `Build it or pull it first (docker pull ${first.reference}), or leave out \`pull: never\`.`,
    },
  );
}

/** `isThere`: the engine has the image as it was. */
export function pullTrouble(image: Wanted, error: unknown, isThere: boolean): DeviousError {
  const { why, hint } = reasonFor(image, wordsOf(error), isThere);
  const message = `The image ${image.reference} of the ${usersOf(image.services)} cannot be pulled: ${why}`;
  return new DeviousError("IMAGE_PULL", `${message}.`, { hint, details: detailsOf(error), cause: error });
}

export function severalPullTroubles(failed: readonly { readonly image: Wanted; readonly error: unknown }[]): DeviousError {
  const reasons = failed.map(({ image, error }) => ({ image, ...reasonFor(image, wordsOf(error), false) }));
  return new DeviousError("IMAGE_PULL", `${failed.length} of the images that the spec names cannot be pulled.`, {
    details: reasons.map(({ image, why }) => `${image.services.join(", ")}: ${image.reference}: ${why}`),
    hint: reasons[0]?.hint,
    cause: failed[0]?.error,
  });
}

/** In the words of engines and registries. */
const unreachable =
  /no such host|server misbehaving|name resolution|connection refused|connection reset|unreachable|no route to host|timeout|deadline exceeded|awaiting headers|proxyconnect|\bEOF\b/i;
const wrongMachine = /no matching manifest|does not match the specified platform/i;
const tooOften = /toomanyrequests|rate limit/i;
const unknown = /not found|manifest unknown|denied|does not exist|unauthorized|authentication required|no basic auth/i;

function reasonFor({ reference }: Wanted, words: string, isThere: boolean): { readonly why: string; readonly hint: string } {
  const registry = registryOf(reference);
  const logIn = `docker login${registry === dockerHub ? "" : ` ${registry}`}`;
  if (tooOften.test(words)) return { why: `${registry} wants to be asked less often`, hint: `Wait, or log in: ${logIn}` };
  if (wrongMachine.test(words)) {
    return {
      why: `${registry} does not have it for this kind of machine`,
      hint: "Build it here: `build: FOLDER` instead of `image`.",
    };
  }
  if (unknown.test(words)) {
    const why = `${registry} has none of this name, or shows it only to whom it knows`;
    return { why, hint: `Mend the name, log in (${logIn}), or build it here: docker build -t ${reference} FOLDER` };
  }
  if (unreachable.test(words)) {
    const instead = isThere ? "`pull: missing` takes the one that the engine has" : "build it or load it here: docker load";
    return { why: `no registry answers at ${registry}`, hint: `Look at the engine's network and proxy; or ${instead}.` };
  }
  return { why: words, hint: `Try it by hand: docker pull ${reference}` };
}

/** How much of a build's output says why it failed. */
const linesMost = 30;

export function buildTrouble(
  { reference, services, build }: Wanted & { readonly build: BuildSpec },
  error: unknown,
  lines: readonly string[],
): DeviousError {
  const mask = masker(build.args);
  const message = `The image ${reference} of the ${usersOf(services)} cannot be built: ${mask(wordsOf(error))}.`;
  return new DeviousError("IMAGE_BUILD", message, {
    hint: error instanceof DeviousError ? error.hint : undefined,
    details: lines.slice(-linesMost).map(mask),
    cause: error,
  });
}

/** What a build was given under the name of a secret is not shown, wherever the build says it. */
function masker(args: Readonly<Record<string, string>>): (text: string) => string {
  const secrets = Object.entries(args).flatMap(([name, value]) => (namesSecret(name) && value !== "" ? value : []));
  return (text) => maskText(secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text));
}

/** Those of the engine alone, without a full stop. */
function wordsOf(error: unknown): string {
  return messageOf(error)
    .replace(/^The engine could not (?:pull|build) \S+: /, "")
    .replace(/\.$/, "");
}

function detailsOf(error: unknown): readonly string[] {
  return [wordsOf(error), ...(error instanceof DeviousError ? error.details : [])];
}
