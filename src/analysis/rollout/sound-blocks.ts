/**
 * Sifts raw blocks for `judge-blocks.ts`: what can be folded, and by name what cannot. Nothing is mended: a metric whose numbers cannot be is
 * left out of its block in both arms, a block that cannot be placed is left out whole, and both are told.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { ArmWindow, Block, Metric } from '../../domain/window.ts';
import { requireArms } from './block-input.ts';
import { shown } from './wording.ts';

/** A block with the step it ran at; left out: the step that is asked about. */
export interface JudgedBlock extends Block {
  readonly stepIndex?: number;
}

/** A block that can be folded: only the metrics of the guardrails, only where they are sound. */
export interface SoundBlock {
  readonly block: Block;
  readonly stepIndex: number;
  /** The guardrails that have labels of both arms in it. */
  readonly both: readonly GuardrailSpec['id'][];
}

export interface Sifted {
  /** In rising order of `no`; of several with the same one the first. */
  readonly sound: readonly SoundBlock[];
  /** What was refused per guardrail, a block that cannot be placed under each of them. */
  readonly invalid: ReadonlyMap<GuardrailSpec['id'], readonly string[]>;
}

/** What blocks are sifted by. Those that end after `closedBeforeMs` are still open: they are not counted, and nothing is wrong with them. */
export interface SiftContext {
  readonly name: string;
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly stepIndex: number;
  readonly closedBeforeMs: number;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The step of a block that has a place in time and in the rollout. @throws RangeError naming the field under `at`. */
const requirePlace = (block: JudgedBlock, at: string, { steps, stepIndex }: SiftContext): number => {
  if (typeof block !== 'object' || block === null)
    throw new RangeError(`${at} must be a block, got ${shown(block)}`);
  const { no, startMs, endMs } = block;
  if (!Number.isSafeInteger(no)) throw new RangeError(`${at}.no must be a whole number, got ${shown(no)}`);
  if (!Number.isFinite(startMs))
    throw new RangeError(`${at}.startMs must be a finite number, got ${shown(startMs)}`);
  if (!(Number.isFinite(endMs) && endMs > startMs)) {
    throw new RangeError(`${at}.endMs must be a finite number above startMs, got ${shown(endMs)}`);
  }
  const step = block.stepIndex ?? stepIndex;
  if (!(Number.isSafeInteger(step) && step >= 0 && step < steps.length)) {
    throw new RangeError(`${at}.stepIndex must be from 0 to ${steps.length - 1}, got ${shown(step)}`);
  }
  return step;
};

/** Why metrics of a block cannot be counted: one that any guardrail refuses is kept from all that judge by it. */
const refusedMetrics = (
  raw: JudgedBlock,
  at: string,
  guardrails: readonly GuardrailSpec[],
): ReadonlyMap<Metric, string> => {
  const refused = new Map<Metric, string>();
  for (const spec of guardrails) {
    if (refused.has(spec.metric)) continue;
    try {
      requireArms(raw, spec, at);
    } catch (error) {
      refused.set(spec.metric, messageOf(error));
    }
  }
  return refused;
};

/** The raw blocks, sifted. Never throws. */
export const siftBlocks = (blocks: readonly JudgedBlock[], context: SiftContext): Sifted => {
  const invalid = new Map<GuardrailSpec['id'], string[]>(context.guardrails.map(({ id }) => [id, []]));
  const placed = blocks.flatMap((raw, i) => {
    const at = `${context.name}[${i}]`;
    try {
      return [{ raw, at, stepIndex: requirePlace(raw, at, context) }];
    } catch (error) {
      for (const list of invalid.values()) list.push(messageOf(error));
      return [];
    }
  });
  const seen = new Set<number>();
  const sound: SoundBlock[] = [];
  for (const { raw, at, stepIndex } of placed.toSorted((a, b) => a.raw.no - b.raw.no)) {
    if (seen.has(raw.no) || raw.endMs > context.closedBeforeMs) continue;
    seen.add(raw.no);
    const arms: Record<'stable' | 'candidate', ArmWindow> = { stable: {}, candidate: {} };
    const both: GuardrailSpec['id'][] = [];
    const refused = refusedMetrics(raw, at, context.guardrails);
    for (const spec of context.guardrails) {
      const because = refused.get(spec.metric);
      if (because !== undefined) {
        invalid.get(spec.id)?.push(because);
        continue;
      }
      const pair = requireArms(raw, spec, at);
      if (pair === null) continue;
      arms.stable = { ...arms.stable, [spec.metric]: pair.stable };
      arms.candidate = { ...arms.candidate, [spec.metric]: pair.candidate };
      both.push(spec.id);
    }
    sound.push({ block: { no: raw.no, startMs: raw.startMs, endMs: raw.endMs, arms }, stepIndex, both });
  }
  return { sound, invalid };
};
