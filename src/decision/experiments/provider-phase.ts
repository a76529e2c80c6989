/**
 * Whether something else answers now than before: a model fingerprint, a price or a latency class that was not there. A change closes a phase, and
 * evidence is never pooled over it. It judges no outcome.
 *
 * An arm may be answered by several at once (a fleet in the middle of an update, a router), so a signature counts as known while it was seen within
 * the last `MEMORY` looks in which the arm answered. Odd answers (a fallback, a server that lags) change nothing while they are few: see `suspicionAfter`. The
 * block in which a change is found may hold both sides of it: its outcomes belong to neither phase.
 * An answer that tells less than a known one (nobody told the fingerprint), or more than anything known, is no other provider for that.
 */
import { distinctProviders, tellsLess } from '../../domain/provider-signature.ts';
import type { ExperimentArmWindow, ExperimentWindow } from '../../domain/experiment-window.ts';
import type { ProviderPhases } from '../../state/experiment/index.ts';

/** Looks without it after which a signature that is back counts as another: two hours, every quarter of an hour one. */
const MEMORY = 8;

/** Share of an arm's answers that something else may give, and the one that is a change for sure. */
const FEW = 0.05;
const MANY = 0.25;

/** Log of the likelihood ratio at which it is a change: the sixth answer of something else in a row reaches it. */
const SUSPICION_LIMIT = Math.log(10_000);

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

/**
 * Page's CUSUM of answers that something else gave, `MANY` against `FEW` of them (Page, Biometrika 41, 1954): falls where fewer than about an eighth are,
 * to 0 at the least, so an old oddity is forgotten. At a share of `FEW` a change is seen wrongly once in 10,000 answers at the most, at 2 % once in ten
 * million. Infinite where nobody counted.
 */
const suspicionAfter = (
  before: number,
  { answers = {} }: Pick<ExperimentArmWindow, 'answers'>,
  unknown: readonly string[],
): number => {
  const counts = unknown.map((name) => answers[name] ?? 0);
  if (counts.includes(0)) return Infinity;
  const odd = counts.reduce((sum, count) => sum + count, 0);
  const usual = Object.values(answers).reduce((sum, count) => sum + count, 0) - odd;
  return Math.max(0, before + odd * Math.log(MANY / FEW) + usual * Math.log((1 - MANY) / (1 - FEW)));
};

/** What an arm is usually answered by, as its first block of a phase shows it: all but the odd ones. */
const usualOf = ({ providers, answers }: ExperimentArmWindow): readonly string[] => {
  if (answers === undefined) return providers;
  const total = Object.values(answers).reduce((sum, count) => sum + count, 0);
  return providers.filter((name) => (answers[name] ?? total) >= FEW * total);
};

/** What block `no` says about who answers. The first block in which an arm has an answer of the phase teaches what is known. */
export const lookAtProviders = (
  { phase, lastSeen: before = {}, suspicion: suspected = {} }: ProviderPhases,
  { arms }: ExperimentWindow,
  no: number,
  blocksPerLook: number = 1,
): ProviderLook => {
  const lastSeen: Record<string, Readonly<Record<string, number>>> = { ...before };
  const suspicion: Record<string, number> = { ...suspected };
  let changed: ProviderLook['changed'] = null;
  for (const [arm, window] of Object.entries(arms)) {
    if (window.providers.length === 0) continue;
    const seen = Object.entries(before[arm] ?? {});
    const latest = Math.max(...seen.map(([, at]) => at));
    const known = seen.filter(([, at]) => latest - at < MEMORY * blocksPerLook);
    const names = distinctProviders(known.map(([name]) => name));
    const isKnown = (signature: string): boolean =>
      names.some((name) => name === signature || tellsLess(name, signature) || tellsLess(signature, name));
    const unknown = known.length === 0 ? [] : window.providers.filter((signature) => !isKnown(signature));
    const after = suspicionAfter(suspected[arm] ?? 0, window, unknown);
    if (after >= SUSPICION_LIMIT) changed ??= { arm, signatures: unknown };
    if (after > 0) suspicion[arm] = after;
    else delete suspicion[arm];
    const usual = known.length === 0 ? usualOf(window) : window.providers.filter(isKnown);
    const told = new Set(distinctProviders([...names, ...usual]));
    lastSeen[arm] = Object.fromEntries(
      [...known, ...usual.map((name) => [name, no] as const)].filter(([name]) => told.has(name)),
    );
  }
  // Nothing of the mixed block is known to the next phase: what answers from now on teaches it.
  if (changed !== null) return { providers: { signature: '', phase: phase + 1, lastSeen: {} }, changed };
  const isCalm = Object.keys(suspicion).length === 0;
  return {
    providers: { signature: wordsOf(lastSeen), phase, lastSeen, ...(!isCalm && { suspicion }) },
    changed,
  };
};
