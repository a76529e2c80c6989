/** Brings the evidence of a shadow that was carried or recorded into the present form, or says by name what is wrong. It judges nothing. */
import { PAIR_METRICS } from '../../domain/pair-block.ts';
import { shown } from '../rollout/wording.ts';
import type { ShadowEvidence } from './evidence.ts';

type Fields = Readonly<Record<string, unknown>>;

const refuse = (at: string, expected: string, value: unknown): never => {
  throw new RangeError(`${at} must be ${expected}, got ${shown(value)}`);
};

const objectAt = (value: unknown, at: string): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${at} must be an object, got ${shown(value)}`);
  }
  return value as Fields;
};

const numbersAt = (value: unknown, at: string, names: readonly string[], least = 0): void => {
  const fields = objectAt(value, at);
  for (const name of names) {
    const found = fields[name];
    if (!(Number.isFinite(found) && Number(found) >= least)) {
      refuse(`${at}.${name}`, least === 0 ? 'a finite number from 0' : 'a finite number', found);
    }
  }
};

const SUMS = ['n', 'sumS', 'sumC', 'sumSS', 'sumCC', 'sumSC', 'greater', 'smaller', 'disagreed'];
const IDS = ['quality', 'errorRate', 'latencyP95', 'cost'];

const guardrailAt = (value: unknown, at: string): void => {
  const { id, basis, proof, harm } = objectAt(value, at);
  if (!IDS.some((known) => known === id)) refuse(`${at}.id`, IDS.join(' or '), id);
  if (!PAIR_METRICS.some((known) => known === basis)) {
    refuse(`${at}.basis`, PAIR_METRICS.join(' or '), basis);
  }
  for (const [name, process] of Object.entries({ proof, harm })) {
    numbersAt(process, `${at}.${name}`, ['logE'], -Infinity);
    numbersAt(process, `${at}.${name}`, ['maxLogE']);
  }
};

/**
 * The evidence in the present form; sound evidence is given back as it is.
 * @throws RangeError or TypeError naming the field, such as `evidence.totals.quality.n`; `evidence.version` for an unknown version.
 */
export const readShadowEvidence = (evidence: unknown): ShadowEvidence => {
  const { version, alpha, lastBlockNo, totals, guardrails } = objectAt(evidence, 'evidence');
  if (version !== 1) refuse('evidence.version', '1', version);
  const { harm } = objectAt(alpha, 'evidence.alpha');
  if (!(typeof harm === 'number' && harm > 0 && harm < 1)) {
    refuse('evidence.alpha.harm', 'between 0 and 1', harm);
  }
  if (lastBlockNo !== null && !Number.isSafeInteger(lastBlockNo)) {
    refuse('evidence.lastBlockNo', 'a whole number', lastBlockNo);
  }
  for (const [metric, sums] of Object.entries(objectAt(totals, 'evidence.totals'))) {
    numbersAt(sums, `evidence.totals.${metric}`, SUMS);
  }
  if (!Array.isArray(guardrails)) {
    throw new TypeError(`evidence.guardrails must be a list, got ${shown(guardrails)}`);
  }
  guardrails.forEach((each, i) => guardrailAt(each, `evidence.guardrails[${i}]`));
  return evidence as ShadowEvidence;
};
