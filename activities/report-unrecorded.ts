/** Reports what a gateway serves and nobody recorded: to the audit log, once per thing that is served, and to whom the service tells. */
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Notice } from '../src/domain/notice.ts';
import type { OpenChange } from '../src/ports/open-changes.ts';
import { hashOf } from './hash-of.ts';
import { notify } from './notify.ts';
import type { ActivityPorts } from './ports.ts';

/** How many of a service's newest audit entries are searched for a report that was made before. */
const AUDIT_SEARCHED = 100;

/** Record. Key: what is served; a second run reports nothing. An address that cannot be told keeps it from no audit. True when it was news. */
export async function reportUnrecorded(
  ports: ActivityPorts,
  { serviceId, settings }: OpenChange,
  live: LiveConfiguration,
  why: string,
): Promise<boolean> {
  const served = [live.stable, ...(live.candidate ? [live.candidate] : []), ...(live.experiment?.arms ?? [])];
  const content = served.map(({ configuration }) => hashOf(ports, configuration)).join('/');
  const id = `unrecorded/${serviceId}/${live.generation}/${live.revision}/${ports.hash(content)}`;
  if ((await ports.audit.list(serviceId, AUDIT_SEARCHED)).some((entry) => entry.id === id)) return false;
  const notice: Notice = {
    id,
    kind: 'unrecorded',
    serviceId,
    workflowId: `rollout/${serviceId}`,
    generation: live.generation,
    summary: why,
    weightPct: live.weight_pct,
    reason: why,
    by: 'reconciler',
    evidence: '',
    atMs: ports.nowMs(),
  };
  const told = await notify(ports, { notify: settings.notify, notice }).then(
    () => true,
    () => false,
  );
  await ports.audit.append({
    id,
    serviceId,
    actor: 'reconciler',
    action: 'unrecorded',
    detail: { why, live, told },
    atMs: notice.atMs,
  });
  return true;
}
