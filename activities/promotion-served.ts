/** Whether what was promoted is still what everybody is served. Asked by the watch at each look, and before it takes a promotion back. */
import type { GatewayTarget } from '../src/domain/gateway-target.ts';
import type { PartHashes } from '../src/state/rollout/index.ts';
import { hashOf } from './hash-of.ts';
import type { ActivityPorts } from './ports.ts';

/** What was promoted, and where. */
export interface Promotion {
  readonly serviceId: string;
  readonly target: GatewayTarget;
  readonly generation: number;
  /** sha256 of what was promoted, with several targets of each one's part too. Left out by older rollouts: the generation stands for it. */
  readonly candidateHash?: string;
  readonly parts?: PartHashes;
}

/** `generation`: under which it is served, another one than that of the promotion when a restore has put it back since. */
export type PromotionServed =
  | { readonly kind: 'served'; readonly generation: number }
  | { readonly kind: 'gone'; readonly reason: string };

/**
 * Decide. Reads every target; of several, one that is away keeps nothing from being taken back: those that answer say. The configurations are
 * compared, not their generations: a write by hand may keep the generation, and a restore to the stable configuration changes it. Inputs of before
 * the hash was in them are held against the generation alone. Changes nothing. Throws the target's failure when none answers.
 */
export async function promotionServed(
  ports: Pick<ActivityPorts, 'orchestratorFor' | 'hash'>,
  { input }: { readonly input: Promotion },
): Promise<PromotionServed> {
  const { serviceId, candidateHash } = input;
  const gateway = ports.orchestratorFor(input.target);
  const parts = gateway.parts ?? [{ name: serviceId, gateway }];
  const read = await Promise.allSettled(parts.map((part) => part.gateway.read(serviceId)));
  const served = parts.flatMap(({ name }, i) => {
    const answer = read[i];
    if (answer?.status !== 'fulfilled') return [];
    const { stable } = answer.value;
    const wanted = input.parts?.[name]?.candidateHash ?? candidateHash;
    const isOurs =
      wanted === undefined
        ? stable.generation === input.generation
        : hashOf(ports, stable.configuration) === wanted;
    return [{ generation: stable.generation, isOurs }];
  });
  const failed = read.find((each) => each.status === 'rejected');
  if (failed && served.length === 0) throw failed.reason;
  const other = served.find(({ isOurs }) => !isOurs);
  // The route is the last part, and its generation is what events carry; a restore writes all under one.
  if (!other) return { kind: 'served', generation: served.at(-1)?.generation ?? input.generation };
  const reason =
    other.generation === input.generation
      ? `another configuration is stable under generation ${other.generation}: somebody has changed it by hand`
      : `generation ${other.generation} is stable now`;
  return { kind: 'gone', reason };
}
