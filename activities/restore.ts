/** Prepares an emergency restore; the write itself is in `restore-stable.ts`. */
import { Failure } from '../src/domain/failure.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { restoreInputSchema, type RestoreInput } from '../src/domain/workflow-input.ts';
import type { ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import { adoptedService } from './adopted-service.ts';
import type { ActivityPorts } from './ports.ts';
import type { WantedConfiguration } from './restore-stable.ts';

/**
 * Decide. Resolves what to restore. `previous` means the stable configuration while a change is being tried, and the one
 * before it otherwise. A second run answers the same unless somebody changed the service in between. Final: InvalidInput,
 * UnknownService.
 */
export async function prepareRestore(
  ports: ActivityPorts,
  request: { readonly input: unknown },
): Promise<WantedConfiguration> {
  const input = parseOrFail(restoreInputSchema, request.input, 'input of restoreConfiguration');
  const { settings } = await adoptedService(ports, input.serviceId);
  const lease = await ports.leases.current(input.serviceId);
  const inFlight = lease !== null && !(await ports.workflows.isClosed(lease.holder));
  const wanted = await resolve(ports, input, inFlight);
  return {
    serviceId: input.serviceId,
    target: gatewayTargetOf(settings),
    generation: wanted.generation,
    hash: wanted.hash,
    holder: inFlight ? lease.holder : null,
    takesBack: input.takesBack ?? input.to === 'previous',
    by: input.by,
    reason: input.reason,
    notify: settings.notify,
  };
}

async function resolve(
  ports: ActivityPorts,
  input: RestoreInput,
  inFlight: boolean,
): Promise<ConfigurationRecord> {
  const stable = await ports.configurations.stable(input.serviceId);
  const record = await pick(ports, input, stable, inFlight);
  if (record) return record;
  const known = (await ports.configurations.list(input.serviceId)).map(
    (each) => `${each.generation} (${each.status})`,
  );
  throw new Failure(
    'InvalidInput',
    `to: ${JSON.stringify(input.to)} is given, expected a recorded configuration: ${known.join(', ')}`,
    [{ field: 'to', value: input.to, expected: `one of ${known.join(', ')}` }],
  );
}

async function pick(
  ports: ActivityPorts,
  input: RestoreInput,
  stable: ConfigurationRecord | null,
  inFlight: boolean,
): Promise<ConfigurationRecord | null> {
  if (typeof input.to === 'number') return ports.configurations.get(input.serviceId, input.to);
  if (input.to === 'stable' || inFlight) return stable;
  const known = await ports.configurations.list(input.serviceId);
  // What was restored is recorded twice: that it was taken back since is said by its newest record that was ever stable. A try that nobody
  // approved, or that was not proven in time, is closed as taken back too, and says nothing about the configuration.
  const wasTakenBack = ({ hash }: ConfigurationRecord) =>
    known.find((each) => each.hash === hash && each.appliedAtMs !== null)?.status === 'rolledBack';
  const earlier = known.find(
    (each) =>
      each.status === 'retired' &&
      each.hash !== stable?.hash &&
      each.generation < (stable?.generation ?? 0) &&
      !wasTakenBack(each),
  );
  return earlier ?? stable;
}

/** Record. Asks the holder to take its change back by itself. False when it does not run any more. */
export async function tellHolder(
  ports: ActivityPorts,
  request: { readonly holder: LeaseHolder; readonly by: string; readonly reason: string },
): Promise<boolean> {
  return ports.workflows.signalRollback(request.holder.workflowId, {
    by: request.by,
    reason: request.reason,
  });
}
