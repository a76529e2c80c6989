/**
 * The reconciler: what nobody is in charge of any more is brought to an end, and what nobody recorded is reported. It judges no change, and never
 * touches one whose holder runs, or whose holder Temporal cannot be asked about.
 */
import { sameConfiguration } from '../src/domain/change.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import type { OpenChange } from '../src/ports/open-changes.ts';
import type { ConfigurationRecord } from '../src/ports/stores.ts';
import { withModel } from './backup-route.ts';
import { closeAbandoned } from './experiments/close-abandoned.ts';
import { whyArmsWereLeft, whyCandidateWasLeft } from './left-to-somebody.ts';
import type { ActivityPorts } from './ports.ts';
import { isRecordedExperiment } from './recorded-experiment.ts';
import { reportUnrecorded } from './report-unrecorded.ts';

/**
 * What was done about one service. `restoring`: the candidate or the arms of a change that died are taken off. `closed`: the gateway serves the stable
 * configuration alone, lease and books were put in order. `promotionFinished`: a promotion had ended and was not booked.
 * `unrecorded`: somebody changed the gateway by hand, or a change of ours was left as somebody had made it; reported, never overwritten.
 */
export interface Repair {
  readonly serviceId: string;
  readonly kind: 'restoring' | 'closed' | 'promotionFinished' | 'unrecorded';
  readonly why: string;
}

/** Services looked at beside each other. */
const AT_ONCE = 10;

/** Gateways of services about which nothing is open, read in one sweep: the others come in the next sweeps. */
const READ_PER_SWEEP = 50;

/** After this no more services are begun; the next sweep does the rest. */
const LIMIT_MS = 8_000;

const MINUTE_MS = 60_000;

/**
 * Decide, and start what repairs. Key: none is needed; a second run, or one at the same time, finds the work done or the restore's id taken. One
 * service that fails keeps none of the others from being looked at: it comes again in a minute.
 */
export async function reconcile(ports: ActivityPorts): Promise<readonly Repair[]> {
  const all = await ports.openChanges.list();
  const untilMs = ports.nowMs() + LIMIT_MS;
  const due = [
    ...all.filter(isOpen),
    ...inTurn(
      all.filter((each) => !isOpen(each)),
      ports.nowMs(),
    ),
  ];
  const repairs: Repair[] = [];
  for (let at = 0; at < due.length && ports.nowMs() < untilMs; at += AT_ONCE) {
    const batch = due.slice(at, at + AT_ONCE).map((change) => repaired(ports, change));
    for (const done of await Promise.allSettled(batch)) {
      if (done.status === 'fulfilled' && done.value) repairs.push(done.value);
    }
  }
  return repairs;
}

const isOpen = ({ lease, trying }: OpenChange): boolean => lease !== null || trying.length > 0;

function inTurn(quiet: readonly OpenChange[], nowMs: number): readonly OpenChange[] {
  const turns = Math.max(1, Math.ceil(quiet.length / READ_PER_SWEEP));
  const turn = Math.floor(nowMs / MINUTE_MS) % turns;
  return quiet.slice(turn * READ_PER_SWEEP, (turn + 1) * READ_PER_SWEEP);
}

async function repaired(ports: ActivityPorts, change: OpenChange): Promise<Repair | null> {
  const { serviceId, lease, settings } = change;
  if (lease && !(await ports.workflows.isClosed(lease.holder))) return null;
  const live = await ports.orchestratorFor(gatewayTargetOf(settings)).read(serviceId);
  const found = await foundAt(ports, change, live);
  if (!(await isStill(ports, change))) return null;
  switch (found.kind) {
    case 'stableAlone':
      return isOpen(change) ? closed(ports, change) : null;
    case 'unrecorded':
      if (isOpen(change)) await closeBooks(ports, change, 'superseded');
      return (await reportUnrecorded(ports, change, live, found.why))
        ? { serviceId, kind: 'unrecorded', why: found.why }
        : null;
    case 'promoted':
      await ports.configurations.promote(serviceId, found.generation, ports.nowMs());
      await closeBooks(ports, change, 'superseded');
      return { serviceId, kind: 'promotionFinished', why: `generation ${found.generation} was not booked` };
    case 'abandoned':
    default: {
      const by = lease
        ? `${lease.holder.workflowId} (run ${lease.holder.runId}) has closed`
        : 'nobody runs it';
      const why = `${by}, and the gateway serves ${found.what}`;
      const started = await ports.workflows.startRestore({ serviceId, by: 'reconciler', reason: why });
      return started ? { serviceId, kind: 'restoring', why } : null;
    }
  }
}

type Found =
  | { readonly kind: 'stableAlone' }
  | { readonly kind: 'promoted'; readonly generation: number }
  | { readonly kind: 'abandoned'; readonly what: string }
  | { readonly kind: 'unrecorded'; readonly why: string };

async function foundAt(ports: ActivityPorts, change: OpenChange, live: LiveConfiguration): Promise<Found> {
  const { serviceId, settings, lease, trying } = change;
  const { candidate, stable } = live;
  const recorded = await ports.configurations.stable(serviceId);
  const isRecorded = recorded !== null && sameConfiguration(recorded.body, stable.configuration);
  if (!isRecorded && trying.includes(stable.generation)) {
    const tried = await ports.configurations.get(serviceId, stable.generation);
    if (isServed(tried, stable)) {
      return (await hasPromoted(ports, lease?.holder.workflowId, stable.generation))
        ? { kind: 'promoted', generation: stable.generation }
        : { kind: 'abandoned', what: `its generation ${stable.generation} as stable` };
    }
  }
  if (!isRecorded) {
    return {
      kind: 'unrecorded',
      why: `a stable configuration (generation ${stable.generation}) is served that is not the recorded one`,
    };
  }
  const { experiment } = live;
  if (experiment) {
    const what = `${experiment.id} (generation ${experiment.generation}) to ${experiment.exposed_pct} %`;
    if (!(await isRecordedExperiment(ports, serviceId, experiment)))
      return { kind: 'unrecorded', why: `the experiment ${what} is served that nobody recorded` };
    const left = isOpen(change) ? null : await whyArmsWereLeft(ports, serviceId, experiment.generation);
    return left === null
      ? { kind: 'abandoned', what: `its experiment ${what}` }
      : { kind: 'unrecorded', why: `the experiment ${what} is served that was left to somebody: ${left}` };
  }
  if (!candidate) return { kind: 'stableAlone' };
  const { backup } = settings.candidates;
  if (
    backup !== undefined &&
    sameConfiguration(withModel(stable.configuration, backup), candidate.configuration)
  ) {
    return { kind: 'abandoned', what: `its backup model ${backup}` };
  }
  const known = await ports.configurations.get(serviceId, candidate.generation);
  const which = `candidate (generation ${candidate.generation})`;
  if (!isServed(known, candidate))
    return { kind: 'unrecorded', why: `a ${which} is served that nobody recorded` };
  // While something is open somebody has taken the service over since, and has left this behind.
  const left = isOpen(change) ? null : await whyCandidateWasLeft(ports, known);
  return left === null
    ? { kind: 'abandoned', what: `its ${which} at ${live.weight_pct} %` }
    : {
        kind: 'unrecorded',
        why: `the ${which} is served at ${live.weight_pct} % that its rollout left to somebody: ${left}`,
      };
}

const isServed = (
  record: ConfigurationRecord | null,
  served: Pick<LiveConfiguration['stable'], 'configuration'>,
): record is ConfigurationRecord => record !== null && sameConfiguration(record.body, served.configuration);

/** Whether the workflow itself ended with this promotion, and only its books are missing. */
async function hasPromoted(
  ports: ActivityPorts,
  workflowId: string | undefined,
  generation: number,
): Promise<boolean> {
  const end = workflowId === undefined ? null : await ports.workflows.endOf(workflowId);
  const result = (end?.result ?? {}) as Readonly<Record<string, unknown>>;
  return result['outcome'] === 'promoted' && result['generation'] === generation;
}

/** Nobody has begun or ended anything since the store was read: otherwise it is theirs, and the next sweep looks again. */
async function isStill(ports: ActivityPorts, { serviceId, lease }: OpenChange): Promise<boolean> {
  const now = await ports.leases.current(serviceId);
  return now?.generation === lease?.generation && now?.holder.runId === lease?.holder.runId;
}

async function closed(ports: ActivityPorts, change: OpenChange): Promise<Repair> {
  await closeBooks(ports, change, 'rolledBack');
  const { serviceId, lease, trying } = change;
  const who = lease ? `${lease.holder.workflowId} (run ${lease.holder.runId}) has closed` : 'nobody runs it';
  const why = `${who}; the gateway serves the stable configuration alone`;
  await ports.audit.append({
    id: `reconciler/${serviceId}/${lease?.generation ?? trying.at(-1) ?? 0}/closed`,
    serviceId,
    actor: 'reconciler',
    action: 'closed',
    detail: { why, generations: trying },
    atMs: ports.nowMs(),
  });
  return { serviceId, kind: 'closed', why };
}

async function closeBooks(
  ports: ActivityPorts,
  { serviceId, lease, trying }: OpenChange,
  status: 'rolledBack' | 'superseded',
): Promise<void> {
  const stable = await ports.configurations.stable(serviceId);
  for (const generation of trying) {
    if (generation !== stable?.generation) {
      await ports.configurations.end(serviceId, generation, status, ports.nowMs());
    }
  }
  if (!lease) return;
  await closeAbandoned(ports, serviceId, lease.generation, `${lease.holder.workflowId} has closed`);
  await ports.leases.release(serviceId, lease.holder);
}
