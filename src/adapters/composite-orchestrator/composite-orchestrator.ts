/**
 * The orchestrator port over several targets: a route that moves the traffic, and supporting targets that own keys of the configuration.
 *
 * - A change is applied to the supporting targets in their order, each read back, and to the route last: traffic moves only once
 *   everything that the candidate needs is in place. Nothing is written while one of them cannot be read, or is ahead of the writer.
 * - It is undone in reverse, route first, and past a target that is away.
 * - Supporting targets hold a candidate at 0 %, under the same lease: they draw nothing themselves, they serve each request by the
 *   generation that the route chose (`x-optimizer-generation`). Of a shadow too: the route alone copies requests, and need be able to.
 *
 * All targets are written under the same pair. A failure halfway is reported, not mended: whoever drives the change tries again under
 * the same pair, which changes nothing where it was done, or takes everything back under a greater one.
 */
import { comparePairs, configurationHash } from '../../contract/index.ts';
import { Failure, type Problem } from '../../domain/failure.ts';
import { servesStableAlone } from '../../domain/live-change.ts';
import type { GatewayTarget, SupportingTarget } from '../../domain/gateway-target.ts';
import type { Configuration, LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import { ROUTE, routePart, supportingPart } from '../../domain/supporting-target.ts';
import type {
  Capabilities,
  Fence,
  Orchestrator,
  OrchestratorFor,
  OrchestratorPart,
} from '../../ports/orchestrator.ts';
import { joinLive } from './join.ts';

/** A target of which there are several. */
export type CompositeTargets = GatewayTarget & Required<Pick<GatewayTarget, 'also'>>;

/** @param driverFor the driver of one address */
export function createCompositeOrchestrator(
  { also, ...route }: CompositeTargets,
  driverFor: OrchestratorFor,
): Orchestrator {
  const supporting = also.map((target) => ({ target, part: partOf(target, driverFor) }));
  const routed: OrchestratorPart = {
    name: ROUTE,
    gateway: driverFor(route),
    share: (configuration) => routePart(configuration, also),
  };
  const parts = [...supporting.map(({ part }) => part), routed];

  const read = async (serviceId: string): Promise<LiveConfiguration> => {
    const [ofRoute, ...others] = await Promise.all(
      [routed, ...supporting.map(({ part }) => part)].map((part) =>
        at(part, () => part.gateway.read(serviceId)),
      ),
    );
    if (!ofRoute) throw new TypeError('parts: expected a route');
    return joinLive(
      ofRoute,
      supporting.flatMap(({ target }, i) => (others[i] ? [{ target, live: others[i] }] : [])),
    );
  };

  /** Supporting targets first, each held against what it then serves; the route last. */
  const apply = async (
    write: Fence & { readonly serviceId: string },
    each: (part: OrchestratorPart) => Promise<LiveConfiguration>,
    isServed: (part: OrchestratorPart, live: LiveConfiguration) => boolean,
  ): Promise<LiveConfiguration> => {
    requireNotAhead(write, await read(write.serviceId));
    for (const { part } of supporting) {
      await at(part, () => each(part));
      const back = await at(part, () => part.gateway.read(write.serviceId));
      if (!isServed(part, back)) throw notServed(part, write, back);
    }
    await at(routed, () => each(routed));
    return read(write.serviceId);
  };

  return {
    capabilities: together(
      parts.map(({ gateway }) => gateway.capabilities),
      routed.gateway.capabilities,
    ),
    parts,
    read,
    validate: async (serviceId, configuration) => {
      const found = await Promise.all(
        parts.map((part) =>
          at(part, () => part.gateway.validate(serviceId, part.share(configuration))).then((problems) =>
            problems.map((problem) => named(part, problem)),
          ),
        ),
      );
      return found.flat();
    },
    setCandidate: ({ copyPct, ...write }) =>
      apply(
        write,
        (part) =>
          part.gateway.setCandidate({
            ...write,
            configuration: part.share(write.configuration),
            weightPct: part === routed ? write.weightPct : 0,
            ...(part === routed && copyPct !== undefined && { copyPct }),
          }),
        (part, { candidate }) =>
          candidate?.generation === write.generation &&
          same(candidate.configuration, part.share(write.configuration)),
      ),
    setStable: (write) =>
      apply(
        write,
        (part) => part.gateway.setStable({ ...write, configuration: part.share(write.configuration) }),
        (part, live) =>
          servesStableAlone(live) && same(live.stable.configuration, part.share(write.configuration)),
      ),
    removeCandidate: async (write) => {
      const failures: unknown[] = [];
      for (const part of parts.toReversed()) {
        await at(part, () => part.gateway.removeCandidate(write)).catch((error: unknown) => {
          failures.push(error);
        });
      }
      const [first] = failures;
      if (first !== undefined) throw first;
      return read(write.serviceId);
    },
  };
}

function partOf(target: SupportingTarget, driverFor: OrchestratorFor): OrchestratorPart {
  return {
    name: target.name,
    gateway: driverFor({ driver: target.driver, url: target.url }),
    share: (configuration) => supportingPart(configuration, target),
  };
}

/** A failure says at which target it happened. */
async function at<T>(part: OrchestratorPart, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const failure = new Failure(error.type, `${part.name}: ${error.message}`, error.problems);
    failure.cause = error;
    throw failure;
  }
}

/** A target that somebody newer has written to is seen before anything is written to the others. */
function requireNotAhead(write: Fence & { readonly serviceId: string }, live: LiveConfiguration): void {
  if (comparePairs(live, write) <= 0) return;
  throw new Failure(
    'StaleGeneration',
    `${write.serviceId}: ours is (generation ${write.generation}, revision ${write.revision}), a target is at (${live.generation}, ${live.revision})`,
  );
}

function notServed(part: OrchestratorPart, write: Fence, live: LiveConfiguration): Failure {
  const newer = comparePairs(live, write) > 0;
  return new Failure(
    newer ? 'StaleGeneration' : 'OrchestratorUnavailable',
    `${part.name}: wrote (${write.generation}, ${write.revision}), and at (${live.generation}, ${live.revision}) it does not serve it`,
  );
}

/**
 * What all of them can do; traffic is the route's alone. No experiments: a supporting target holds one candidate beside stable, not arms,
 * so an experiment over several targets is refused when it is admitted.
 */
function together(
  all: readonly Capabilities[],
  { sticky, smallestWeightPct, shadow }: Capabilities,
): Capabilities {
  return {
    sticky,
    smallestWeightPct,
    ...(shadow !== undefined && { shadow }),
    compareAndSwap: all.every((each) => each.compareAndSwap),
    leased: all.every((each) => each.leased),
    live: all.every((each) => each.live),
    convergenceMs: Math.max(...all.map((each) => each.convergenceMs)),
  };
}

/** The route's problems read as those of one gateway; a supporting target's say whose they are. */
function named(part: OrchestratorPart, problem: Problem): Problem {
  return part.name === ROUTE ? problem : { ...problem, expected: `${problem.expected} (${part.name})` };
}

function same(a: Configuration, b: Configuration): boolean {
  return configurationHash(a) === configurationHash(b);
}
