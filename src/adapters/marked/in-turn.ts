/** Lets the writes of one service follow one another within this process. It excludes no other process: the fence does that. */

/** @returns a function that runs `run` once every earlier run for the same service has ended, however it ended */
export function inTurn(): <T>(serviceId: string, run: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(serviceId: string, run: () => Promise<T>): Promise<T> => {
    const before = last.get(serviceId) ?? Promise.resolve();
    const mine = before.then(run, run);
    const settled = mine.catch(() => undefined);
    last.set(serviceId, settled);
    try {
      return await mine;
    } finally {
      if (last.get(serviceId) === settled) last.delete(serviceId);
    }
  };
}
