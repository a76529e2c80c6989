/** The few search attributes that a workflow keeps about itself. No prompts and no personal data in them. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';

const service = defineSearchAttributeKey('OptimizerService', 'KEYWORD');
const kind = defineSearchAttributeKey('OptimizerKind', 'KEYWORD');
const phase = defineSearchAttributeKey('OptimizerPhase', 'KEYWORD');
const verdict = defineSearchAttributeKey('OptimizerVerdict', 'KEYWORD');

/** Costs one history event a call: call it when a phase begins, not at every look. */
export function describeSelf(now: {
  readonly service: string;
  readonly kind: string;
  readonly phase: string;
  readonly verdict?: string;
}): void {
  upsertSearchAttributes([
    { key: service, value: now.service },
    { key: kind, value: now.kind },
    { key: phase, value: now.phase },
    ...(now.verdict === undefined ? [] : [{ key: verdict, value: now.verdict }]),
  ]);
}
