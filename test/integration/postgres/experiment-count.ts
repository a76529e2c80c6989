/** Experiments counted once more, event by event and in the order of arrival: what the store must come to. */
import { providerSignature } from '../../../src/domain/provider-signature.ts';
import type { ExperimentStretch } from '../../../src/ports/experiments.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { feedbackEvent, seededRandom } from '../../support/feedback.ts';

export const GENERATION = 7;
export const ARMS = ['concise', 'control', 'few-shot'] as const;

/** Cumulative weights of the arms from a time on. */
export interface Period {
  readonly fromMs: number;
  readonly shares: readonly number[];
}

/** A unit as the count knows it. */
export interface CountedUnit {
  readonly first: FeedbackEvent;
  labelled: FeedbackEvent | null;
}

export const atMs = (event: FeedbackEvent): number => Date.parse(event.data.timestamp);

/**
 * `count` events of an experiment over `[fromMs, toMs)`: users that come back, and move to another arm with its weights; requests that come once;
 * answers that nobody judged. In batches that arrive out of order, overlap, and carry what was sent before.
 */
export function experimentBatches(
  seed: number,
  count: number,
  periods: readonly Period[],
  toMs: number,
): readonly (readonly FeedbackEvent[])[] {
  const random = seededRandom(seed);
  const fromMs = periods[0]?.fromMs ?? 0;
  const position = Array.from({ length: 150 }, random);
  const events = Array.from({ length: count }, (_, i) => {
    const exposedAtMs = fromMs + Math.floor((i * (toMs - fromMs)) / count);
    const shares = periods.findLast((period) => period.fromMs <= exposedAtMs)?.shares ?? [];
    const sticky = random() < 0.7;
    const user = Math.floor(random() * random() * position.length);
    const drawn = random();
    const where = (sticky ? position[user] : drawn) ?? 0;
    const arm = ARMS[shares.findIndex((share) => where < share)] ?? 'control';
    const error = random() < 0.05;
    return feedbackEvent(`e-${i}`, {
      timestamp: new Date(exposedAtMs).toISOString(),
      arm,
      experiment: 'experiment/support-bot',
      generation: GENERATION,
      unit: sticky ? { kind: 'user', id: `user-${user}` } : { kind: 'request', id: `request-${i}` },
      task_type: ['question', 'summary'][Math.floor(random() * 2)] ?? 'question',
      ...(random() < 0.6 && { region: random() < 0.5 ? 'eu' : 'us' }),
      quality: random() < 0.5 ? null : error ? 0 : Math.round(random() * 4) / 4,
      error,
      cost_usd: random() * 0.01,
      latency_ms: Math.exp(random() * 3 + 5),
      model: arm === 'concise' ? 'model-b' : 'model-a',
      ...(!error &&
        random() < 0.8 && { provider: { fingerprint: exposedAtMs < (fromMs + toMs) / 2 ? 'fp_1' : 'fp_2' } }),
    });
  });
  const batches = Array.from({ length: Math.ceil(count / 40) }, (_, i) => ({
    order: i + random() * 4,
    events: events.slice(i * 40, i * 40 + 40 + Math.floor(random() * 30)).toReversed(),
  }));
  return batches.toSorted((a, b) => a.order - b.order).map((batch) => batch.events);
}

export interface Count {
  /** Each event once. */
  readonly events: readonly FeedbackEvent[];
  readonly units: readonly CountedUnit[];
}

/** @param isBetween whether what was exposed then is of no epoch */
export function countByHand(
  batches: readonly (readonly FeedbackEvent[])[],
  isBetween: (exposedAtMs: number) => boolean,
): Count {
  const events = new Map<string, FeedbackEvent>();
  const units = new Map<string, CountedUnit>();
  for (const batch of batches) {
    const fresh = batch.filter(({ id }) => !events.has(id)).toSorted((a, b) => atMs(a) - atMs(b));
    for (const event of fresh) {
      events.set(event.id, event);
      if (isBetween(atMs(event))) continue;
      const key = `${event.data.unit.kind} ${event.data.unit.id}`;
      const unit = units.get(key) ?? { first: event, labelled: null };
      units.set(key, unit);
      if (event.data.quality !== null) unit.labelled ??= event;
    }
  }
  return { events: [...events.values()], units: [...units.values()] };
}

/** The answer of a unit that was judged first; what came late counts as exposed no earlier than the unit. */
export const labelledAtMs = ({ first, labelled }: CountedUnit): number | null =>
  labelled && Math.max(atMs(labelled), atMs(first));

/** What one arm has to show for a stretch, in whole blocks. */
export function armByHand(
  { events, units }: Count,
  arm: string,
  stretch: ExperimentStretch,
  blockMs: number,
) {
  const fromMs = Math.ceil(stretch.fromMs / blockMs) * blockMs;
  const toMs = Math.floor(stretch.toMs / blockMs) * blockMs;
  const within = (ms: number | null) => ms !== null && ms >= fromMs && ms < toMs;
  const ofArm = units.filter(({ first }) => first.data.arm === arm);
  const exposed = ofArm.filter(({ first }) => within(atMs(first)));
  const all = events.filter((event) => event.data.arm === arm && within(atMs(event)));
  const labels = ofArm
    .filter((unit) => within(labelledAtMs(unit)) && atMs(unit.first) >= stretch.periodFromMs)
    .toSorted((a, b) => (labelledAtMs(a) ?? 0) - (labelledAtMs(b) ?? 0));
  const answered = all.filter(({ data }) => !data.error);
  // All of them have a model; one without a fingerprint says nothing new beside one with it.
  const told = answered.filter(
    ({ data }) =>
      data.provider !== undefined ||
      !answered.some((other) => other.data.model === data.model && other.data.provider !== undefined),
  );
  const answers: Record<string, number> = {};
  for (const { data } of answered) {
    const name = providerSignature(data);
    answers[name] = (answers[name] ?? 0) + 1;
  }
  return {
    all,
    exposed,
    labelled: exposed.filter(({ labelled }) => labelled !== null).length,
    labels: labels.flatMap(({ labelled }) => labelled?.data.quality ?? []),
    providers: [...new Set(told.map(({ data }) => providerSignature(data)))].toSorted(),
    answers,
  };
}
