/** Whether a gateway serves what we recorded. A change made by hand is adopted by a person, never overwritten. */
import { sameConfiguration } from '../src/domain/change.ts';
import { Failure } from '../src/domain/failure.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import { whyArmsWereLeft, whyCandidateWasLeft } from './left-to-somebody.ts';
import type { ActivityPorts } from './ports.ts';
import { isRecordedExperiment } from './recorded-experiment.ts';

type Stores = Pick<ActivityPorts, 'configurations' | 'decisions' | 'experiments'>;

/**
 * The recorded stable configuration. Throws ChangeInFlight when the gateway serves another one, a candidate that nobody
 * recorded, or an experiment. Those of a change that died are recorded: the next change replaces them. Those that somebody has changed by hand are not
 * replaced, though they are recorded.
 */
export async function stableOf(
  ports: Stores,
  serviceId: string,
  live: LiveConfiguration,
): Promise<ConfigurationRecord> {
  const stable = await ports.configurations.stable(serviceId);
  if (!stable || !sameConfiguration(stable.body, live.stable.configuration)) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves a stable configuration (generation ${live.stable.generation}) that is not the recorded one; restoreConfiguration {"to":"stable"} puts the recorded one back`,
    );
  }
  const { candidate } = live;
  const known = candidate && (await ports.configurations.get(serviceId, candidate.generation));
  if (candidate && !(known && sameConfiguration(known.body, candidate.configuration))) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves a candidate (generation ${candidate.generation}) that is not recorded; take it away first`,
    );
  }
  const left = known ? await whyCandidateWasLeft(ports, known) : null;
  if (candidate && left !== null) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves a candidate (generation ${candidate.generation}) at ${live.weight_pct} % that its rollout has left to somebody (${left}); take it away first`,
    );
  }
  const { experiment } = live;
  if (experiment && !(await isRecordedExperiment(ports, serviceId, experiment))) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves an experiment (${experiment.id}, generation ${experiment.generation}) that is not recorded; take it away first`,
    );
  }
  const armsLeft = experiment ? await whyArmsWereLeft(ports, serviceId, experiment.generation) : null;
  if (experiment && armsLeft !== null) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves an experiment (${experiment.id}, generation ${experiment.generation}) that has left its arms to somebody (${armsLeft}); take it away first`,
    );
  }
  return stable;
}

/**
 * To be asked once the lease is held: `judged` must still be the stable configuration, or the change would be taken back to
 * something that has been replaced. Gives the lease back and throws ChangeInFlight otherwise.
 */
export async function requireStill(
  ports: Pick<ActivityPorts, 'configurations' | 'leases'>,
  judged: ConfigurationRecord,
  holder: LeaseHolder,
): Promise<void> {
  const { serviceId } = judged;
  const stable = await ports.configurations.stable(serviceId);
  if (stable?.generation === judged.generation && stable.hash === judged.hash) return;
  await ports.leases.release(serviceId, holder);
  throw new Failure(
    'ChangeInFlight',
    `${serviceId} was changed while the rollout was being admitted (generation ${stable?.generation ?? 'none'} is stable now); start it again`,
  );
}
