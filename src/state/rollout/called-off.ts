/**
 * A rollback is about the service, not about the one change that is being taken back: sent while a rollout makes room for another change, it calls
 * that one off, until it starts. Pure; the way back itself stays as it is.
 */
import { isBefore, responseTo } from '../incident.ts';
import type { Message } from '../messages.ts';
import { replacementInput } from './replacement.ts';
import { keepsTable, logged, type RolloutState } from './state.ts';

/** The state without its replacement; null where there is none to call off, or the message asks for nothing like it. */
export function calledOff(state: RolloutState, message: Message, atMs: number): RolloutState | null {
  // Rollouts of before the fourth rules start the other change whatever is said.
  if (!keepsTable(state.plan, 4) || replacementInput(state, null) === null) return null;
  const asked = takesBack(state, message);
  if (!asked) return null;
  const { outcome, by, reason } = asked;
  return logged(
    {
      ...state,
      replacement: null,
      ending: { outcome, by, reason },
      ...(state.phase === 'ended' && { outcome }),
    },
    { atMs, what: 'replacement called off', by, why: reason },
  );
}

function takesBack(
  { plan, verdict }: RolloutState,
  message: Message,
): NonNullable<RolloutState['ending']> | null {
  switch (message.name) {
    case 'rollback':
      return { outcome: 'rolledBack', by: message.by, reason: message.reason };
    case 'reject':
      return { outcome: 'rejected', by: message.by, reason: message.reason };
    case 'anomaly': {
      const { severity, security, by, anomalyType, affectedServices } = message;
      const concerns = affectedServices.length === 0 || affectedServices.includes(plan.serviceId);
      const bothHurt = verdict?.outcome === 'bothHurt';
      const { takeBack } = responseTo({ severity, security, inFlight: true, bothHurt });
      const reason = `${severity} anomaly: ${anomalyType}`;
      const isOfThis = concerns && !isBefore(message, plan.admittedAtMs);
      return isOfThis && takeBack ? { outcome: 'rolledBack', by, reason } : null;
    }
    default:
      return null;
  }
}
