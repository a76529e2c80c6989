/**
 * Holds the end of a played sequence against the one that was foretold. Times are left out of the state, since the script's clock is not the wall's; of what
 * failed, the gateway's own words. Everything else must be equal, the number of every write included.
 */
import { weights, type ServiceState } from '../../../src/contract/index.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { RolloutState } from '../../../src/state/rollout/index.ts';

const IN_OTHER_WORDS = new Set(['superseded', 'look failed']);

/** The state as far as it is no matter of time. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const what: unknown = 'what' in value ? value.what : null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.endsWith('Ms') && key !== 'throughNo')
      .filter(([key]) => !(key === 'why' && typeof what === 'string' && IN_OTHER_WORDS.has(what)))
      .map(([key, each]) => [key, timeless(each)]),
  );
}

/** The steps' last words repeat the end's. */
const shown = (state: RolloutState): unknown => {
  const { steps, ...rest } = state;
  const said = state.outcome === 'superseded' ? steps.map(({ why: _why, ...step }) => step) : steps;
  return timeless({ ...rest, steps: said });
};

export function differencesOfState(foretold: RolloutState, found: RolloutState): readonly string[] {
  const [a, b] = [shown(foretold), shown(found)] as Readonly<Record<string, unknown>>[];
  if (!a || !b) return ['no state'];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null))
    .map((key) => `${key}: ${JSON.stringify(b[key])} in place of ${JSON.stringify(a[key])}`);
}

/**
 * What the gateway serves against what the contract says it serves. A promotion that a rollback meets on its way is undone under a revision of its own,
 * or is refused before it is done: both are right, so the last revision may be either.
 */
export function differencesOfGateway(foretold: ServiceState, found: LiveConfiguration): readonly string[] {
  const shares = weights(foretold, 0);
  const wanted = {
    generation: foretold.generation,
    stable: foretold.stable.hash,
    candidate: foretold.candidate?.version.hash ?? null,
  };
  const served = {
    generation: found.generation,
    stable: found.stable.hash,
    candidate: found.candidate?.hash ?? null,
  };
  const problems: string[] = [];
  if (canonicalJson(wanted) !== canonicalJson(served))
    problems.push(`the gateway has ${JSON.stringify(served)} in place of ${JSON.stringify(wanted)}`);
  if (Math.abs(found.revision - foretold.revision) > 1)
    problems.push(`revision ${found.revision} in place of ${foretold.revision}`);
  if (shares.stable + shares.candidate !== 1) problems.push('the weights do not sum to one');
  return problems;
}
