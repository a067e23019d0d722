/** Whether something that came from elsewhere is what it should be. What is there besides is no harm. */
export type Shape = (value: unknown) => boolean;

/** With fields of these shapes. */
export function record(fields: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(fields);
  return (value) =>
    isRecord(value) && entries.every(([name, shape]) => shape(Object.hasOwn(value, name) ? value[name] : undefined));
}

/** A record of one of these shapes, of which its field `tag` says which. */
export function tagged(tag: string, shapes: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    const name = isRecord(value) ? value[tag] : undefined;
    return typeof name === "string" && Object.hasOwn(shapes, name) && (shapes[name] as Shape)(value);
  };
}

export function list(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

/** A list of two. */
export function pair(first: Shape, second: Shape): Shape {
  return (value) => Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
}

export function optional(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

export function either(...shapes: readonly Shape[]): Shape {
  return (value) => shapes.some((shape) => shape(value));
}

export function oneOf(...values: readonly unknown[]): Shape {
  return (value) => values.includes(value);
}

/** A whole number that is not negative, far enough below the largest safe one that counting on from it stays exact. */
export const count: Shape = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 2 ** 52;
export const flag: Shape = (value) => typeof value === "boolean";
export const bytes: Shape = (value) => value instanceof Uint8Array;
/** Bytes as text, one character each. */
export const text: Shape = (value) => typeof value === "string" && !/[\u0100-\uffff]/.test(value);

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
