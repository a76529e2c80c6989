/** What the reconciler reads of the store: every adopted service with what is open about it, in one question. */
import type { ServiceSettings } from '../domain/service-settings.ts';
import type { ChangeLease } from './stores.ts';

/** One adopted service. `trying` are generations on their way, oldest first. */
export interface OpenChange {
  readonly serviceId: string;
  readonly settings: ServiceSettings;
  readonly lease: ChangeLease | null;
  readonly trying: readonly number[];
}

export interface OpenChanges {
  /** Every adopted service as of one moment, by name. */
  list(): Promise<readonly OpenChange[]>;
}
