/** Whether a variant of a prompt may be tried at all: syntax, variables, length. It says nothing about whether it is better. */
import { hasOpenFence, shield } from './shield.ts';
import { tagsOf, variablesOf } from './variables.ts';
import { squeezed } from './white-space.ts';

/** Bounds on the length of a variant, in characters; tokens are bounded by whoever counts them. */
export interface LengthBounds {
  readonly maxChars: number;
  /** Share of the baseline's length that a variant keeps at least. */
  readonly leastShare: number;
  /** So many times as long as the baseline, or `roomChars` longer, whichever is more. */
  readonly mostTimes: number;
  readonly roomChars: number;
}

export const LENGTH_BOUNDS: LengthBounds = {
  maxChars: 100_000,
  leastShare: 0.2,
  mostTimes: 4,
  roomChars: 8_000,
};

/** Every reason why a variant may not be tried; none when it is sound. Never throws. */
export function checkVariant(
  baseline: string,
  variant: string,
  bounds: LengthBounds = LENGTH_BOUNDS,
): readonly string[] {
  if (variant.trim() === '') return ['it is empty'];
  return [
    ...(squeezed(variant) === squeezed(baseline) ? ['it does not differ from the baseline'] : []),
    ...variableProblems(baseline, variant),
    ...bracketProblems(baseline, variant),
    ...lengthProblems(baseline, variant, bounds),
    ...literalProblems(baseline, variant),
  ];
}

function variableProblems(baseline: string, variant: string): readonly string[] {
  const [before, after] = [variablesOf(baseline), variablesOf(variant)];
  const lost = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  const tags = tagsOf(baseline).join(' ') === tagsOf(variant).join(' ');
  return [
    ...(lost.length > 0 ? [`it has lost ${lost.join(', ')}`] : []),
    ...(added.length > 0 ? [`it names ${added.join(', ')}, which the baseline does not`] : []),
    ...(tags ? [] : ['its tags are not those of the baseline, in their order']),
  ];
}

const PAIRS = ['()', '[]', '{}'] as const;

/** Brackets of one kind that have no partner. */
function unmatched(text: string, [open, close]: string): number {
  let [depth, lonely] = [0, 0];
  for (const char of text) {
    if (char === open) depth += 1;
    else if (char === close) {
      if (depth === 0) lonely += 1;
      else depth -= 1;
    }
  }
  return depth + lonely;
}

/** A baseline may have a lonely bracket itself (a smiley, "1)"), so a variant must not have more of them. */
function bracketProblems(baseline: string, variant: string): readonly string[] {
  const worse = PAIRS.filter((pair) => unmatched(variant, pair) > unmatched(baseline, pair));
  const openFence = hasOpenFence(variant) && !hasOpenFence(baseline);
  return [
    ...(worse.length > 0 ? [`${worse.join(' and ')} do not match`] : []),
    ...(openFence ? ['a block of code is not closed'] : []),
  ];
}

function lengthProblems(baseline: string, variant: string, bounds: LengthBounds): readonly string[] {
  const { maxChars, leastShare, mostTimes, roomChars } = bounds;
  const least = Math.floor(baseline.length * leastShare);
  const most = Math.min(maxChars, Math.max(baseline.length * mostTimes, baseline.length + roomChars));
  if (variant.length < least) return [`it has ${variant.length} characters, expected at least ${least}`];
  if (variant.length > most) return [`it has ${variant.length} characters, expected at most ${most}`];
  return [];
}

/** Blocks of code are material, not wording: each must be there as it was. */
function literalProblems(baseline: string, variant: string): readonly string[] {
  const blocks = shield(baseline)?.kept.filter((part) => /^\s*(?:`{3}|~{3})/u.test(part)) ?? [];
  return blocks.some((block) => !variant.includes(block)) ? ['a block of code was changed'] : [];
}
