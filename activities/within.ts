/** Waits a bounded time for what is only shown: nothing that decides may hang on it. */

export type Within<T> =
  { readonly kind: 'found'; readonly value: T } | { readonly kind: 'left'; readonly why: string };

/** Never fails, and takes at most `longestMs`: what is not there by then is left out, with the reason. */
export async function within<T>(ask: () => Promise<T>, longestMs: number): Promise<Within<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Within<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'left', why: `not there within ${longestMs} ms` }), longestMs);
  });
  try {
    return await Promise.race([ask().then((value) => ({ kind: 'found', value }) as const), late]);
  } catch (error) {
    return { kind: 'left', why: String(error) };
  } finally {
    clearTimeout(timer);
  }
}
