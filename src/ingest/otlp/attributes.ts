/** Which service, arm, generation and task type a point or a span belongs to, by its attributes (contracts, "OTLP metrics in"). Pure. */
import { createHash } from 'node:crypto';
import { armIdSchema } from '../../domain/arm-id.ts';
import { isOfFeedback, OTHER_THAN_FEEDBACK } from '../../domain/observatory-metric.ts';
import { ARMS } from '../../domain/window.ts';
import { isStorableText } from '../storable-text.ts';
import type { Attributes } from './fields.ts';
import type { Read } from './read-value.ts';

const MAX_NAME = 63;
/** Characters of a metric's name. */
export const MAX_METRIC = 255;
const TOO_LONG = `a name is empty or too long: services and task types to ${MAX_NAME}, metrics to ${MAX_METRIC}`;
/** The conventions' values. Any other is one name, so that no sender opens windows without end. */
const TOKEN_TYPES: readonly string[] = ['input', 'output'];
const UNSTORABLE = 'a name holds characters that cannot be stored';

/** A string, integer or boolean attribute as text; undefined when absent or of another kind. */
export function textOf(attributes: Attributes, key: string): string | undefined {
  const value = attributes.find((one) => one.key === key)?.value;
  const found = value?.['stringValue'] ?? value?.['intValue'] ?? value?.['boolValue'];
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
    ? String(found)
    : undefined;
}

const refused = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** Whose a point or span is, as far as its attributes say; of what they leave out, undefined. */
export interface Place {
  readonly serviceId: string;
  readonly generation: number | undefined;
  /** `stable`, `candidate`, or an arm of an experiment. */
  readonly arm: string | undefined;
  readonly taskType: string;
}

/** What a point's attributes say. `metric` is the OTLP name, with the token type where there is one. */
export interface Labels extends Place {
  readonly metric: string;
}

/**
 * Service: `llm.optimizer.service`, else the resource's `service.name`. Task type `all` unless it is named; an arm of an experiment goes
 * with its id, `llm.optimizer.experiment`.
 */
export function readPlace(resource: Attributes, own: Attributes): Read<Place> {
  const serviceId = textOf(own, 'llm.optimizer.service') ?? textOf(resource, 'service.name');
  if (serviceId === undefined || serviceId === '')
    return refused('neither service.name nor llm.optimizer.service');
  const arm = textOf(own, 'llm.optimizer.arm');
  const whose = arm === undefined ? null : armProblem(arm, textOf(own, 'llm.optimizer.experiment'));
  if (whose !== null) return refused(whose);
  const given = textOf(own, 'llm.optimizer.generation');
  const generation = given === undefined ? undefined : Number(given);
  if (generation !== undefined && (!Number.isSafeInteger(generation) || generation < 0)) {
    return refused('llm.optimizer.generation is not a whole number of 0 or more');
  }
  const taskType = textOf(own, 'llm.task_type') ?? 'all';
  const names = [serviceId, taskType];
  if (names.some((text) => text.length > MAX_NAME)) return refused(TOO_LONG);
  if (!names.every(isStorableText)) return refused(UNSTORABLE);
  return { ok: true, value: { serviceId, generation, arm, taskType } };
}

/** As `readPlace`. Input and output tokens are told apart: `gen_ai.client.token.usage{input}`, `{output}`, `{other}`. */
export function readLabels(name: string, resource: Attributes, point: Attributes): Read<Labels> {
  const place = readPlace(resource, point);
  if (!place.ok) return place;
  const tokenType = textOf(point, 'gen_ai.token.type');
  const known = tokenType !== undefined && TOKEN_TYPES.includes(tokenType) ? tokenType : 'other';
  const metric = tokenType === undefined ? name : `${name}{${known}}`;
  if (metric.length > MAX_METRIC || name === '') return refused(TOO_LONG);
  if (!isStorableText(metric)) return refused(UNSTORABLE);
  if (isOfFeedback(metric)) return refused(`expected ${OTHER_THAN_FEEDBACK}`);
  return { ok: true, value: { ...place.value, metric } };
}

/** Why an arm cannot be counted; null when it can. */
function armProblem(arm: string, experiment: string | undefined): string | null {
  if (ARMS.some((one) => one === arm)) return null;
  const given = `llm.optimizer.arm is "${arm.slice(0, MAX_NAME)}"`;
  if (experiment === undefined || experiment === '') {
    return `${given} without llm.optimizer.experiment, expected ${ARMS.join(' or ')}, or an arm of an experiment with its id`;
  }
  const isId = armIdSchema.safeParse(arm).success;
  return isId ? null : `${given}, expected an id: lower-case letters, digits and hyphens`;
}

/** One text for a set of attributes, whatever their order. */
export const canonical = (attributes: Attributes): string =>
  JSON.stringify(
    [...attributes].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, value }) => [key, value]),
  );

/** Identity of a stream: resource, scope, metric, kind and attributes (data model, "Timeseries model"), and what else tells it apart. */
export const streamKey = (...identity: readonly string[]): string =>
  createHash('sha256').update(identity.join('\u0000')).digest('hex');
