/** `data-`, `hint-` and `meta-` files, numbered from 1 on; a larger number is newer. */
export type FileKind = "data" | "hint" | "meta";

const numbered = /^(data|hint|meta)-(\d{10})$/;

export function fileName(kind: FileKind, number: number): string {
  return `${kind}-${String(number).padStart(10, "0")}`;
}

/** Numbers of the files of this kind, oldest first. */
export function numbersOf(kind: FileKind, names: readonly string[]): readonly number[] {
  const numbers = names.flatMap((name) => {
    const match = numbered.exec(name);
    return match?.[1] === kind ? [Number(match[2])] : [];
  });
  return numbers.sort((a, b) => a - b);
}
