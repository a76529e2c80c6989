/**
 * What a look can meet, as data: each condition with the verdict and the finding that it comes to. `decision-table.ts` says what a finding
 * leads to. Nothing decides by this list: a test drives the real look into every condition and holds it, and ARCHITECTURE.md, to the list.
 */
import type { StepVerdict } from '../../domain/guardrail.ts';
import type { Finding } from './decision-table.ts';

export interface Condition {
  /** For people, of the traffic and the data at the time of the look. */
  readonly what: string;
  /** `none`: the look fails before there is a verdict, and the weight lease is not renewed. */
  readonly verdict: StepVerdict['outcome'] | 'none';
  readonly finding: Finding;
}

export const CONDITIONS = {
  healthy: { what: 'proven, fresh, mature and enough in both arms', verdict: 'healthy', finding: 'healthy' },
  degraded: { what: 'the candidate is proven worse', verdict: 'harm', finding: 'harm' },
  inconclusive: { what: 'enough labels, no proof yet', verdict: 'inconclusive', finding: 'inconclusive' },
  tooFew: { what: 'fewer labels than `minSamples`', verdict: 'inconclusive', finding: 'inconclusive' },
  nothingRequired: { what: 'no guardrail is required', verdict: 'inconclusive', finding: 'inconclusive' },
  nothing: { what: 'nothing has arrived', verdict: 'noData', finding: 'gateWaiting' },
  oneArmOnly: { what: 'only the stable arm has arrived', verdict: 'noData', finding: 'gateWaiting' },
  candidateSilent: {
    what: 'proven, then nothing of the candidate any more',
    verdict: 'noData',
    finding: 'gateWaiting',
  },
  stableSilent: {
    what: 'proven, then nothing of the stable arm any more',
    verdict: 'noData',
    finding: 'gateWaiting',
  },
  immature: { what: 'labels, none of them mature', verdict: 'noData', finding: 'noData' },
  stale: { what: 'proven, then nothing at all any more', verdict: 'noData', finding: 'noData' },
  staleLabels: {
    what: 'proven, then requests without labels',
    verdict: 'noData',
    finding: 'noData',
  },
  noFrozenTail: {
    what: 'a required p95 was not frozen before the start',
    verdict: 'noData',
    finding: 'noData',
  },
  notANumber: { what: 'a sum that is not a number', verdict: 'none', finding: 'lookFailed' },
  storeAway: { what: 'the database does not answer', verdict: 'none', finding: 'lookFailed' },
  providerError: {
    what: 'both arms fall alike (an outage of the provider)',
    verdict: 'bothHurt',
    finding: 'bothHurt',
  },
  shareNotMoved: {
    what: 'the gateway does not serve the new weight yet',
    verdict: 'noData',
    finding: 'gateWaiting',
  },
  shareNeverServed: {
    what: 'it does not serve it within `convergeWithin`',
    verdict: 'noData',
    finding: 'gateFailed',
  },
  splitBroken: {
    what: 'proven, but the split is not the one asked for',
    verdict: 'healthy',
    finding: 'gateFailed',
  },
  labelledUnlike: {
    what: 'proven, but the arms are not labelled alike',
    verdict: 'healthy',
    finding: 'gateFailed',
  },
  standstill: {
    what: 'proven, in a pause of the fleet or a freeze window',
    verdict: 'healthy',
    finding: 'gateWaiting',
  },
  leaseLost: { what: 'proven, but the weight lease ran out', verdict: 'noData', finding: 'leaseLost' },
  leaseLostHurt: {
    what: 'the weight lease ran out, and a gate failed or both arms are hurt',
    verdict: 'noData',
    finding: 'leaseLostHurt',
  },
  keptAt100: { what: '100 %: every absolute limit is kept', verdict: 'healthy', finding: 'healthy' },
  brokenAt100: { what: '100 %: a limit is proven broken', verdict: 'harm', finding: 'harm' },
  beyondAt100: {
    what: '100 %: beyond a limit, not proven',
    verdict: 'inconclusive',
    finding: 'inconclusive',
  },
  tooFewAt100: {
    what: '100 %: fewer labels than `minSamples`',
    verdict: 'inconclusive',
    finding: 'inconclusive',
  },
  staleAt100: { what: '100 %: kept, then nothing any more', verdict: 'noData', finding: 'noData' },
} as const satisfies Readonly<Record<string, Condition>>;

export type ConditionName = keyof typeof CONDITIONS;
