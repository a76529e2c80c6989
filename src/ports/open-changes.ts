/** What the reconciler reads of the store: every adopted service with what is open about it, in one question. */
import type { GatewayTarget } from '../domain/gateway-target.ts';
import type { Notify } from '../domain/notice.ts';
import type { ChangeLease } from './stores.ts';

/** One adopted service. `trying` are generations on their way, oldest first. */
export interface OpenChange {
  readonly serviceId: string;
  readonly target: GatewayTarget;
  readonly notify: Notify;
  readonly lease: ChangeLease | null;
  readonly trying: readonly number[];
}

export interface OpenChanges {
  /** Every adopted service as of one moment, by name. */
  list(): Promise<readonly OpenChange[]>;
}
