/**
 * What no rewriting may touch: code, variables, tags, quotations, addresses, tables. `shield` puts one private code point in the place of each,
 * so that rules for words cannot reach inside, and `restore` puts them back. It rewrites nothing itself.
 */

/** A text with its kept parts taken out; `kept[i]` stands where code point `FIRST + i` is. */
export interface Shielded {
  readonly text: string;
  readonly kept: readonly string[];
}

/** Private use area A: no text means anything by them. One that is in a text already is kept like code is. */
const FIRST = 0xf0000;
const LAST = 0xffffd;
const PRIVATE = /[\u{F0000}-\u{FFFFD}]/gu;

/** Whether a shielded text holds something kept. */
export const holdsKept = (text: string): boolean => /[\u{F0000}-\u{FFFFD}]/u.test(text);

/**
 * In this order: fenced code, whole lines that are quoted or of a table, comments and tags, code in a line, opening braces (their end is found by counting),
 * quotations of one line, printf fields, addresses.
 */
const KEPT = new RegExp(
  [
    '^[ \\t]*(?<fence>`{3,}|~{3,})[^\\n]*(?:\\n(?:[\\s\\S]*?\\n)??[ \\t]*\\k<fence>[`~]*[ \\t]*$|[\\s\\S]*)',
    '^[ \\t]*[>|][^\\n]*$',
    '<!--[\\s\\S]*?-->',
    '<<?/?[A-Za-z][^<>\\n]*>?>',
    '(?<tick>`{1,2})[^`\\n]+\\k<tick>',
    '(?<brace>\\$?\\{)',
    '\\}',
    '"[^"\\n]{1,300}"',
    '“[^”\\n]{1,300}”',
    '«[^»\\n]{1,300}»',
    '%\\([A-Za-z_]\\w*\\)[a-z]|%[sd]\\b',
    '\\[\\[[^\\]\\n]+\\]\\]',
    'https?://[^\\s<>"\']*[^\\s<>"\'.,;:!?)]',
    '[\\w.+-]+@[\\w-]+\\.[\\w.-]*\\w',
    '[\\u{F0000}-\\u{FFFFD}]',
  ].join('|'),
  'gmu',
);

/** Index after the brace that closes the one at `open`; null when none does. */
function endOfBraces(text: string, open: number): number | null {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth += 1;
    else if (text[i] === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return null;
}

/** Null when there is more to keep than there are code points for it. */
export function shield(text: string): Shielded | null {
  const kept: string[] = [];
  let shielded = '';
  let from = 0;
  KEPT.lastIndex = 0;
  for (let match = KEPT.exec(text); match !== null; match = KEPT.exec(text)) {
    const brace = match.groups?.['brace'];
    const end =
      brace === undefined
        ? match.index + match[0].length
        : (endOfBraces(text, match.index + brace.length - 1) ?? match.index + brace.length);
    shielded += text.slice(from, match.index) + String.fromCodePoint(FIRST + kept.length);
    kept.push(text.slice(match.index, end));
    if (kept.length > LAST - FIRST) return null;
    from = end;
    KEPT.lastIndex = end;
  }
  return { text: shielded + text.slice(from), kept };
}

/** A rewritten text with its kept parts back in their places. */
export const restore = (text: string, kept: readonly string[]): string =>
  text.replace(PRIVATE, (point) => kept[(point.codePointAt(0) ?? FIRST) - FIRST] ?? '');

/** Whether a block of code is open at the end, so that whatever is added becomes code. */
export const hasOpenFence = (text: string): boolean =>
  (text.match(/^[ \t]*(?:`{3,}|~{3,})/gmu)?.length ?? 0) % 2 === 1;
