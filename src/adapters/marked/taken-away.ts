/**
 * Which candidates of ours were taken away, so that one that comes back is known as ours: a write that the network held for longer than
 * its time-out lands after the rollback. Decides nothing about what is done then; never names a candidate that somebody else set.
 */
import { configurationHash, type ServiceState } from '../../contract/index.ts';
import type { Loaded, TakenAway } from './marked-product.ts';

/** A mark has to fit into a tag: the newest are kept. */
const LONGEST_TAKEN_AWAY = 4;

/** What the mark has to keep once `after` is written over `before`, newest first. */
export function takenAwayOf(before: Loaded, after: ServiceState): readonly TakenAway[] {
  const { atMs } = after.lastChange;
  const tried = [before.mark, ...(before.unfinished ?? [])].flatMap((state) => {
    const version = state?.candidate?.version;
    // Generation 0 is what was found before our first write.
    return version && version.generation > 0
      ? [{ hash: version.hash, generation: version.generation, atMs }]
      : [];
  });
  const known = new Map<string, TakenAway>();
  for (const each of [...tried, ...(before.takenAway ?? [])]) {
    if (each.hash !== after.candidate?.version.hash && !known.has(each.hash)) known.set(each.hash, each);
  }
  return [...known.values()].slice(0, LONGEST_TAKEN_AWAY);
}

/** The candidate that is served although it was taken away; null when there is none. */
export function servedAgain({
  served,
  takenAway = [],
}: Pick<Loaded, 'served' | 'takenAway'>): TakenAway | null {
  if (served.candidate === null) return null;
  const hash = configurationHash(served.candidate);
  return takenAway.find((each) => each.hash === hash) ?? null;
}
