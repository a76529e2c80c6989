/** Replacing phrases of English by others, at the start of a sentence too. The phrases are in `phrases.ts`. */

/** A phrase (single spaces, lower case) and what it becomes; nothing when empty. */
export type Phrase = readonly [phrase: string, replacement: string];

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const STARTS = /(?:^|[.!?:]["')\]]?[ \t]+|\n)[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?$/u;

interface Rule {
  readonly pattern: RegExp;
  readonly replacement: string;
}

/** Compiled once: longer phrases first, so that no phrase hides a longer one. */
export function rulesOf(phrases: readonly Phrase[]): readonly Rule[] {
  return [...phrases]
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([phrase, replacement]) => {
      const words = phrase.split(' ').map(escaped).join('[ \\t]+');
      // A phrase that goes takes its comma and the space behind it along, and the next letter takes over its capital.
      const behind = replacement === '' ? '(?:,?[ \\t]+(?<next>[\\p{L}\\p{N}]))' : '';
      return { pattern: new RegExp(`(?<![\\w'’-])${words}(?![\\w'’-])${behind}`, 'giu'), replacement };
    });
}

export interface Replaced {
  readonly text: string;
  readonly count: number;
}

export function replacePhrases(text: string, rules: readonly Rule[]): Replaced {
  let count = 0;
  const replaced = rules.reduce(
    (sofar, { pattern, replacement }) =>
      sofar.replace(pattern, (...args: readonly unknown[]) => {
        const found = String(args[0]);
        const groups = args.at(-1) as { readonly next?: string } | undefined;
        const whole = replacement === '' ? (groups?.next ?? '') : replacement;
        const offset = args.find((each): each is number => typeof each === 'number') ?? 0;
        const first = found.charAt(0);
        const isCapital =
          first !== first.toLowerCase() || STARTS.test(sofar.slice(Math.max(0, offset - 40), offset));
        count += 1;
        return isCapital ? capitalised(whole) : whole;
      }),
    text,
  );
  return { text: replaced, count };
}

/** `3 phrases`, `1 phrase`. */
export const counted = (count: number, one: string, many: string = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
