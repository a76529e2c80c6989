/** Ends processes for good, though each of them may end by itself between the look and the signal. */
import { poll } from '../../src/embedded/poll.ts';

const LIMIT_MS = 60_000;

/** To a process, or to a group by its negative number. One that is gone already is no error. */
export function killIfThere(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    return;
  }
}

/** Kills what is found until nothing is: what was started meanwhile goes, too. Throws with those that are still there after a minute. */
export async function killAllOf(find: () => readonly number[]): Promise<void> {
  let left: readonly number[] = [];
  const gone = await poll(
    () => {
      left = find();
      for (const pid of left) killIfThere(pid);
      return left.length === 0 ? true : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 10 },
  );
  if (gone === undefined) throw new Error(`still alive after SIGKILL: ${left.join(', ')}`);
}
