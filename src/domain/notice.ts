/** What people are told about a change while it is under way, and how a service asks to be told. */
import { z } from 'zod';

export const NOTICE_KINDS = [
  'approvalNeeded',
  'held',
  'rolledBack',
  'promoted',
  'concluded',
  'unrecorded',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const notifySchema = z.array(
  z.strictObject({
    webhook: z.url({ protocol: /^https?$/u, error: 'an http or https URL' }),
    on: z.array(z.enum(NOTICE_KINDS)).default([...NOTICE_KINDS]),
  }),
);
export type Notify = z.output<typeof notifySchema>;

/** One thing to be told. `id` is the same however often it is sent. */
export interface Notice {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly serviceId: string;
  readonly workflowId: string;
  readonly generation: number;
  /** What changes, such as "model a -> b". */
  readonly summary: string;
  readonly weightPct: number;
  readonly reason: string;
  readonly by: string;
  /** What an approval may name as the evidence that it saw. */
  readonly evidence: string;
  readonly atMs: number;
}
