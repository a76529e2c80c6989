/**
 * The highest generation a service has ever had. Its row is also the lock under which leases and configurations of the
 * service change, so that all of them see one order.
 */
import type { Queryable } from './database.ts';

/** Locks the service until the transaction ends, and remembers `atLeast`. Answers the highest generation so far. */
export async function raiseGeneration(tx: Queryable, serviceId: string, atLeast: number): Promise<number> {
  const [row] = await tx.query<{ highest: number }>(
    `INSERT INTO service_generations AS known (service_id, highest) VALUES ($1, $2)
     ON CONFLICT (service_id) DO UPDATE SET highest = greatest(known.highest, excluded.highest)
     RETURNING highest`,
    [serviceId, atLeast],
  );
  return row?.highest ?? atLeast;
}
