/** Whether somebody else has taken a rollout's candidate away, which counts as taken back like any rollback. */
import { servesStableAlone } from '../src/domain/live-change.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import { hashOf } from './hash-of.ts';
import type { ActivityPorts } from './ports.ts';
import { within } from './within.ts';

/** A gateway that takes longer must not keep the end of a rollout from being written down. */
const READ_MS = 5_000;

/**
 * Of a rollout that ended `superseded`: its candidate was served, and the gateway is back on the stable configuration of before without it, not because a
 * lease ran out, and not for the sake of another change. A break-glass rollback leaves that. False also when the gateway cannot be read.
 */
export async function wasTakenAway(
  ports: Pick<ActivityPorts, 'hash' | 'leases' | 'orchestratorFor'>,
  { plan, steps }: Pick<RolloutState, 'plan' | 'steps'>,
  holder: LeaseHolder,
): Promise<boolean> {
  if (steps.length === 0) return false;
  const lease = await ports.leases.current(plan.serviceId);
  if (lease && lease.holder.workflowId !== holder.workflowId) return false;
  const read = await within(() => ports.orchestratorFor(plan.target).read(plan.serviceId), READ_MS);
  if (read.kind === 'left') return false;
  const { value: live } = read;
  return (
    servesStableAlone(live) &&
    live.last_change.kind !== 'leaseExpired' &&
    hashOf(ports, live.stable.configuration) === plan.stableHash
  );
}
