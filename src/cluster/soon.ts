/** Longer nobody waits for what only makes a sentence better: with all its questions asked at once, it is out within 2 s of the time-out. */
const answerMs = 1500;

/** The answer, or `otherwise` where it does not come in time. Whoever is asked may go on; nobody listens any more. */
export async function soon<T>(asked: Promise<T>, otherwise: T, ms = answerMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
