/** What a long command tells while it works; the terminal draws it, a test collects it. */
export type StepEvent =
  | { readonly type: "started"; readonly step: string }
  | { readonly type: "done"; readonly step: string; readonly tookMs: number }
  | { readonly type: "failed"; readonly step: string; readonly tookMs: number }
  | { readonly type: "note"; readonly text: string };

export type Report = (event: StepEvent) => void;

/** Runs one step of a command and reports its beginning and its end. */
export async function step<T>(report: Report, name: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const tookMs = (): number => performance.now() - startedAt;
  report({ type: "started", step: name });
  try {
    const result = await run();
    report({ type: "done", step: name, tookMs: tookMs() });
    return result;
  } catch (error) {
    report({ type: "failed", step: name, tookMs: tookMs() });
    throw error;
  }
}
