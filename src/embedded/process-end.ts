// Sees to it that our own end, however it comes, is the end of our servers too. SIGKILL alone cannot be seen to: the next start is.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * On SIGINT, SIGTERM and SIGHUP: when nobody else in the process listens for it, `stop` and then the signal's own effect.
 * Somebody who listens is in charge, and calls `stop` when the rest of the program is done. When the process exits without
 * that, by `process.exit` or an uncaught error, `endNow` still runs; it must be synchronous. Returns what undoes all this.
 */
export function onProcessEnd({
  stop,
  endNow,
}: {
  readonly stop: () => Promise<void>;
  readonly endNow: () => void;
}): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    const raise = (): void => {
      undo();
      process.kill(process.pid, signal);
    };
    stop().then(raise, raise);
  };
  const undo = (): void => {
    process.removeListener('exit', endNow);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  process.on('exit', endNow);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return undo;
}
