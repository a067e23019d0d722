/** Trouble that a person can mend: one sentence, and what to type. */
export class Trouble extends Error {
  /** @param {string} sentence  @param {readonly string[]} lines shown below it, indented: commands to type, or the last words of a log */
  constructor(sentence, lines = []) {
    super(sentence);
    this.lines = lines;
  }
}

/** Runs `main`; expected trouble becomes its sentence on stderr and this exit code. */
export async function withTrouble(exitCode, main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    console.error([error.message, ...error.lines.map((line) => `  ${line}`)].join("\n"));
    process.exitCode = exitCode;
  }
}
