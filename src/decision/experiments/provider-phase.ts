/**
 * Whether something else answers now than before: a model fingerprint, a price or a latency class that was not there. A change closes a phase, and
 * evidence is never pooled over it. It judges no outcome.
 *
 * An arm may be answered by several at once (a fleet in the middle of an update, a router), so a signature counts as known while it was seen within
 * the last `MEMORY` looks in which the arm answered. The block in which an unknown one turns up may hold both sides of the change: its outcomes belong to neither phase.
 * An answer that tells less than a known one (nobody told the fingerprint), or more than anything known, is no other provider for that.
 */
import { distinctProviders, tellsLess } from '../../domain/provider-signature.ts';
import type { ExperimentWindow } from '../../domain/experiment-window.ts';
import type { ProviderPhases } from '../../state/experiment/index.ts';

/** Looks without it after which a signature that is back counts as another: two hours, every quarter of an hour one. */
const MEMORY = 8;

type LastSeen = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface ProviderLook {
  readonly providers: ProviderPhases;
  /** Set where a phase ends with this block: which arm, and what answered that did not before. */
  readonly changed: { readonly arm: string; readonly signatures: readonly string[] } | null;
}

const wordsOf = (lastSeen: LastSeen): string =>
  Object.entries(lastSeen)
    .map(([arm, signatures]) => `${arm}: ${Object.keys(signatures).toSorted().join(', ')}`)
    .join('; ');

/** What block `no` says about who answers. The first block in which an arm has an answer of the phase teaches what is known. */
export const lookAtProviders = (
  { phase, lastSeen: before = {} }: ProviderPhases,
  { arms }: ExperimentWindow,
  no: number,
  blocksPerLook: number = 1,
): ProviderLook => {
  const lastSeen: Record<string, Readonly<Record<string, number>>> = { ...before };
  let changed: ProviderLook['changed'] = null;
  for (const [arm, { providers }] of Object.entries(arms)) {
    if (providers.length === 0) continue;
    const seen = Object.entries(before[arm] ?? {});
    const latest = Math.max(...seen.map(([, at]) => at));
    const known = seen.filter(([, at]) => latest - at < MEMORY * blocksPerLook);
    const names = distinctProviders(known.map(([name]) => name));
    const isKnown = (signature: string): boolean =>
      names.some((name) => name === signature || tellsLess(name, signature) || tellsLess(signature, name));
    const unknown = providers.filter((signature) => !isKnown(signature));
    if (unknown.length > 0 && known.length > 0) changed ??= { arm, signatures: unknown };
    const told = new Set(distinctProviders([...names, ...providers]));
    lastSeen[arm] = Object.fromEntries(
      [...known, ...providers.map((name) => [name, no] as const)].filter(([name]) => told.has(name)),
    );
  }
  // Nothing of the mixed block is known to the next phase: what answers from now on teaches it.
  if (changed !== null) return { providers: { signature: '', phase: phase + 1, lastSeen: {} }, changed };
  return { providers: { signature: wordsOf(lastSeen), phase, lastSeen }, changed };
};
