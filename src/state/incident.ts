/**
 * What an anomaly leads to, as data: severity, whether a change is in flight, whether it is a security alert, and whether both arms are
 * known to be hurt alike. Rollouts and cycles look their answer up here; neither decides on its own.
 */
import type { Severity } from './messages.ts';

/** How far the clocks of a sentinel and ours may be apart: what came before a moment by less may have come after it. */
export const CLOCKS_APART_MS = 5 * 60_000;
/** A service that nobody changes is not put on its backup route for what was raised longer ago. */
const BACKUP_WITHIN_MS = 60 * 60_000;

/** When an anomaly was raised, ms since the epoch; left out where nobody told, which is now. */
interface Raised {
  readonly raisedAtMs?: number;
}

/** Whether it was raised before a change began that is in flight now, and so tells nothing of it. */
export const isBefore = ({ raisedAtMs }: Raised, beganAtMs: number): boolean =>
  raisedAtMs !== undefined && raisedAtMs < beganAtMs - CLOCKS_APART_MS;

/** Whether it is too old for a backup route, with nothing in flight. */
export const isLongAgo = ({ raisedAtMs }: Raised, nowMs: number): boolean =>
  raisedAtMs !== undefined && raisedAtMs < nowMs - BACKUP_WITHIN_MS;

/** For a reason; empty where nobody told. */
export const raisedInWords = ({ raisedAtMs }: Raised): string =>
  raisedAtMs === undefined ? '' : `raised ${new Date(raisedAtMs).toISOString()}`;

/** What is done about an anomaly. */
export interface Response {
  /** The change in flight is taken back now. */
  readonly takeBack: boolean;
  /** No step goes on until somebody resumes. */
  readonly hold: boolean;
  /** The service is served by its backup model, if it names one. */
  readonly backup: boolean;
  /** A cycle looks at the service. */
  readonly cycle: boolean;
}

export interface Incident {
  readonly severity: Severity;
  readonly security: boolean;
  /** Whether a change is being tried. */
  readonly inFlight: boolean;
  /** Whether the last look found that the stable arm has fallen, too. Only known while a change is in flight. */
  readonly bothHurt: boolean;
}

const NOTHING: Response = { takeBack: false, hold: false, backup: false, cycle: false };
const TAKE_BACK: Response = { ...NOTHING, takeBack: true };
const HOLD_ON_BACKUP: Response = { ...NOTHING, hold: true, backup: true };
const HOLD_AND_CYCLE: Response = { ...NOTHING, hold: true, cycle: true };
const CYCLE: Response = { ...NOTHING, cycle: true };
const BACKUP_AND_CYCLE: Response = { ...NOTHING, backup: true, cycle: true };

type Column = 'alone' | 'bothHurt' | 'idle';

/** One arm (or nobody knows), both arms alike, nothing in flight. */
const RESPONSES: Readonly<Record<Severity, Readonly<Record<Column, Response>>>> = {
  critical: { alone: TAKE_BACK, bothHurt: HOLD_ON_BACKUP, idle: BACKUP_AND_CYCLE },
  high: { alone: HOLD_ON_BACKUP, bothHurt: HOLD_ON_BACKUP, idle: BACKUP_AND_CYCLE },
  medium: { alone: HOLD_AND_CYCLE, bothHurt: HOLD_AND_CYCLE, idle: CYCLE },
  low: { alone: NOTHING, bothHurt: NOTHING, idle: NOTHING },
};

/** Whatever its severity: a security alert takes back what is being tried. With nothing in flight its severity decides. */
export function responseTo({ severity, security, inFlight, bothHurt }: Incident): Response {
  if (security && inFlight) return TAKE_BACK;
  return RESPONSES[severity][inFlight ? (bothHurt ? 'bothHurt' : 'alone') : 'idle'];
}
