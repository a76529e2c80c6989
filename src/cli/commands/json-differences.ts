/** Where two JSON values differ, bit for bit: numbers by their shortest exact spelling, fields that are undefined left out. */
import { canonicalJson } from '../../decision/index.ts';

export interface Difference {
  /** `guardrails[0].proof`; '' for the value itself. */
  readonly path: string;
  /** Canonical JSON; null where there is none. */
  readonly recorded: string | null;
  readonly now: string | null;
}

/** In the order of the paths. Empty when the canonical JSON of both is the same. */
export function differencesOf(recorded: unknown, now: unknown, path = ''): readonly Difference[] {
  const [a, b] = [spelled(recorded), spelled(now)];
  if (a === b) return [];
  if (isNested(recorded) && isNested(now) && Array.isArray(recorded) === Array.isArray(now)) {
    const [before, after] = [fieldsOf(recorded), fieldsOf(now)];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const list = Array.isArray(recorded);
    return keys.flatMap((key) => {
      const field = list ? `[${key}]` : path === '' ? key : `.${key}`;
      return differencesOf(before[key], after[key], `${path}${field}`);
    });
  }
  return [{ path, recorded: a, now: b }];
}

const spelled = (value: unknown): string | null => (value === undefined ? null : canonicalJson(value));

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

const fieldsOf = (value: object): Readonly<Record<string, unknown>> => ({ ...value });
