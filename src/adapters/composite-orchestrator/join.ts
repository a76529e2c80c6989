/**
 * What several targets serve, told as one. Pure. What does not fit together is told by keys that no configuration of ours has
 * (`cache.model`, `cache.candidate`), so that it equals nothing that was recorded, and the same checks as for one gateway find it:
 * "ours is live" is said only when every target serves ours.
 */
import { configurationHash } from '../../contract/index.ts';
import type { SupportingTarget } from '../../domain/gateway-target.ts';
import { servesStableAlone } from '../../domain/live-change.ts';
import type { Configuration, LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import { ROUTE } from '../../domain/supporting-target.ts';

/** What one supporting target serves. */
export interface Supporting {
  readonly target: Pick<SupportingTarget, 'name' | 'keys'>;
  readonly live: LiveConfiguration;
}

/**
 * - Pair: the greatest, so that whoever wrote last anywhere is seen.
 * - Stable: of all; its generation is the route's, under which the traffic is told.
 * - Candidate: null only when no target has one. Weight: the route's, since it alone moves traffic.
 * - Experiment: of whichever target somebody put one on; none of ours goes to several targets.
 * - Lease: what ends first. Last change: why a target has no candidate where others have one, else the route's.
 */
export function joinLive(route: LiveConfiguration, supporting: readonly Supporting[]): LiveConfiguration {
  const all = [route, ...supporting.map(({ live }) => live)];
  const generation = Math.max(...all.map((live) => live.generation));
  const revisions = all.filter((live) => live.generation === generation).map((live) => live.revision);
  const leases = all.flatMap((live) =>
    servesStableAlone(live) || live.lease_expires_at === null ? [] : [live.lease_expires_at],
  );
  const experiment = all.map((live) => live.experiment).find((each) => (each ?? null) !== null);
  const stable = joined(
    route.stable.configuration,
    supporting.map(({ target, live }) => ({ target, configuration: live.stable.configuration })),
  );
  return {
    ...route,
    generation,
    revision: Math.max(...revisions),
    stable: { configuration: stable, generation: route.stable.generation, hash: configurationHash(stable) },
    candidate: joinedCandidate(route, supporting),
    weight_pct: route.candidate === null ? 0 : route.weight_pct,
    ...(experiment && { experiment }),
    lease_expires_at: leases.length === 0 ? null : Math.min(...leases),
    last_change: lastChange(all, route),
  };
}

interface Served {
  readonly target: Supporting['target'];
  readonly configuration: Configuration;
}

/** The route's keys and the keys that each target owns; anything else that a target serves under `name.key`. */
function joined(route: Configuration, parts: readonly Served[]): Record<string, string> {
  const owned = new Set(parts.flatMap(({ target }) => target.keys));
  const whole: Record<string, string> = {};
  for (const [key, value] of Object.entries(route)) {
    whole[owned.has(key) ? `${ROUTE}.${key}` : key] = value;
  }
  for (const { target, configuration } of parts) {
    const { name, keys } = target;
    if (configuration['model'] === undefined) whole[`${name}.model`] = 'none';
    for (const [key, value] of Object.entries(configuration)) {
      if (keys.includes(key)) whole[key] = value;
      else if (key !== 'model' || value !== route['model']) whole[`${name}.${key}`] = value;
    }
  }
  return whole;
}

function joinedCandidate(
  route: LiveConfiguration,
  supporting: readonly Supporting[],
): LiveConfiguration['candidate'] {
  const candidates = [route.candidate, ...supporting.map(({ live }) => live.candidate)];
  const generations = candidates.flatMap((candidate) => (candidate === null ? [] : [candidate.generation]));
  if (generations.length === 0) return null;
  const generation = Math.max(...generations);
  const configuration = joined(
    route.candidate?.configuration ?? {},
    supporting.flatMap(({ target, live }) =>
      live.candidate === null ? [] : [{ target, configuration: live.candidate.configuration }],
    ),
  );
  const named = [ROUTE, ...supporting.map(({ target }) => target.name)];
  candidates.forEach((candidate, i) => {
    const name = named[i] ?? ROUTE;
    if (candidate === null) configuration[`${name}.candidate`] = 'none';
    else if (candidate.generation !== generation) {
      configuration[`${name}.generation`] = String(candidate.generation);
    }
  });
  return { configuration, generation, hash: configurationHash(configuration) };
}

/** A lease that ran out somewhere is named only when nothing else took a candidate away anywhere. */
function lastChange(
  all: readonly LiveConfiguration[],
  route: LiveConfiguration,
): LiveConfiguration['last_change'] {
  const without = all.filter((live) => live.candidate === null);
  const other = without.find((live) => live.last_change.kind !== 'leaseExpired');
  return (other ?? without[0] ?? route).last_change;
}
