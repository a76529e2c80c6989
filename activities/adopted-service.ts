/** Finds a service that may be acted on. */
import { Failure } from '../src/domain/failure.ts';
import type { ServiceRecord } from '../src/ports/stores.ts';
import type { ActivityPorts } from './ports.ts';

/** The service's record. Throws UnknownService, naming those that are known, or InvalidInput when it is not adopted. */
export async function adoptedService(
  ports: Pick<ActivityPorts, 'services'>,
  serviceId: string,
): Promise<ServiceRecord> {
  const service = await ports.services.get(serviceId);
  if (!service) {
    const known = (await ports.services.list()).map((each) => each.serviceId);
    const shown = known.length > 0 ? known.slice(0, 20).join(', ') : 'none yet';
    throw new Failure('UnknownService', `serviceId: "${serviceId}" is given, expected one of: ${shown}`, [
      { field: 'serviceId', value: serviceId, expected: `one of: ${shown}` },
    ]);
  }
  if (service.adoptedAtMs === null) {
    throw new Failure('InvalidInput', `serviceId: "${serviceId}" is not adopted: nothing acts on it before`);
  }
  return service;
}
