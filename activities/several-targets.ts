/** How several targets of one service are taken back and restored: in reverse, past one that is away. Orders; writes nothing itself. */
import { Failure } from '../src/domain/failure.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Fence, Orchestrator, OrchestratorPart } from '../src/ports/orchestrator.ts';
import type { GatewayWrite } from './ports.ts';

/** A write as it concerns one of several targets: held against the hashes of its part. */
export function partWrite<W extends GatewayWrite>({ name }: Pick<OrchestratorPart, 'name'>, write: W): W {
  return { ...write, ...write.parts?.[name] };
}

/**
 * Runs `each` for every part, the route first, whatever becomes of the others. Throws at the end when one failed, naming all that did: what
 * can be tried again before StaleGeneration, which ends a compensation.
 */
export async function inReverse(
  parts: readonly OrchestratorPart[],
  each: (part: OrchestratorPart) => Promise<void>,
): Promise<void> {
  const failed: { readonly name: string; readonly error: unknown }[] = [];
  for (const part of parts.toReversed()) {
    await each(part).catch((error: unknown) => failed.push({ name: part.name, error }));
  }
  if (failed.length === 0) return;
  const type = failed
    .map(({ error }) => (error instanceof Failure ? error.type : 'OrchestratorUnavailable'))
    .reduce((worst, next) => (worst === 'StaleGeneration' ? next : worst));
  const told = failed.map(
    ({ name, error }) => `${name}: ${error instanceof Error ? error.message : String(error)}`,
  );
  throw new Failure(type, told.join('; '));
}

/** What is live; with several targets of which one is away, the greatest pair of those that answer. Throws when none does. */
export async function liveOrPair(
  gateway: Orchestrator,
  serviceId: string,
): Promise<{ readonly pair: Fence; readonly live: LiveConfiguration | null }> {
  if (!gateway.parts) {
    const live = await gateway.read(serviceId);
    return { pair: live, live };
  }
  try {
    const live = await gateway.read(serviceId);
    return { pair: live, live };
  } catch (error) {
    const read = await Promise.allSettled(gateway.parts.map((part) => part.gateway.read(serviceId)));
    const answered = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (answered.length === 0) throw error;
    const generation = Math.max(...answered.map((live) => live.generation));
    const revisions = answered.filter((live) => live.generation === generation).map((live) => live.revision);
    return { pair: { generation, revision: Math.max(...revisions) }, live: null };
  }
}
