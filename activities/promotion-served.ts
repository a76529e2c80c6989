/** Whether what was promoted is still what everybody is served. Asked by the watch at each look, and before it takes a promotion back. */
import { hashOf } from './hash-of.ts';
import type { ActivityPorts } from './ports.ts';
import type { WatchInput } from './watch-promotion.ts';

/** `generation`: under which it is served, another one than that of the promotion when a restore has put it back since. */
export type PromotionServed =
  | { readonly kind: 'served'; readonly generation: number }
  | { readonly kind: 'gone'; readonly reason: string };

/**
 * Decide. Reads every target. The configurations are compared, not their generations: a write by hand may keep the generation, and a restore to the
 * stable configuration changes it. Inputs of before the hash was in them are held against the generation alone. Changes nothing.
 */
export async function promotionServed(
  ports: Pick<ActivityPorts, 'orchestratorFor' | 'hash'>,
  { input }: { readonly input: PromotedInput },
): Promise<PromotionServed> {
  const { serviceId, candidateHash } = input;
  const gateway = ports.orchestratorFor(input.target);
  const parts = gateway.parts ?? [{ name: serviceId, gateway }];
  const served = await Promise.all(
    parts.map(async (part) => {
      const { stable } = await part.gateway.read(serviceId);
      const wanted = input.parts?.[part.name]?.candidateHash ?? candidateHash;
      const isOurs =
        wanted === undefined
          ? stable.generation === input.generation
          : hashOf(ports, stable.configuration) === wanted;
      return { generation: stable.generation, isOurs };
    }),
  );
  const other = served.find(({ isOurs }) => !isOurs);
  // The route is the last part, and its generation is what events carry.
  if (!other) return { kind: 'served', generation: served.at(-1)?.generation ?? input.generation };
  const reason =
    other.generation === input.generation
      ? `another configuration is stable under generation ${other.generation}: somebody has changed it by hand`
      : `generation ${other.generation} is stable now`;
  return { kind: 'gone', reason };
}

/** What of a watch's input tells what was promoted. */
export type PromotedInput = Pick<
  WatchInput,
  'serviceId' | 'target' | 'generation' | 'candidateHash' | 'parts'
>;
