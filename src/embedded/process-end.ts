// Sees to it that our own end, however it comes, is the end of our servers too. SIGKILL alone cannot be seen to: the next start is.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface EndHooks {
  readonly stop: () => Promise<void>;
  /** Synchronous: it runs while the process exits. */
  readonly endNow: () => void;
}

/** One handler for all, so that a signal ends the process once, and after every stack has stopped. */
const hooked = new Set<EndHooks>();

function onExit(): void {
  for (const { endNow } of hooked) endNow();
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) void stopAllThenRaise(signal);
}

async function stopAllThenRaise(signal: NodeJS.Signals): Promise<void> {
  await Promise.allSettled([...hooked].map(({ stop }) => stop()));
  hooked.clear();
  unhook();
  process.kill(process.pid, signal);
}

function unhook(): void {
  process.removeListener('exit', onExit);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

/**
 * On SIGINT, SIGTERM and SIGHUP: when nobody else in the process listens for it, `stop` and then the signal's own effect.
 * Somebody who listens is in charge, and calls `stop` when the rest of the program is done. When the process exits without
 * that, by `process.exit` or an uncaught error, `endNow` still runs. Returns what undoes all this.
 */
export function onProcessEnd(hooks: EndHooks): () => void {
  if (hooked.size === 0) {
    process.on('exit', onExit);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  hooked.add(hooks);
  return () => {
    if (hooked.delete(hooks) && hooked.size === 0) unhook();
  };
}
