/**
 * Splits TypeScript into code, comments and string literals, without a compiler. Good enough for import rules and for words
 * that must not occur; it knows templates, regular expressions and nested `${}`. It judges nothing.
 */

export interface Scanned {
  /** The source with comments and the inside of string literals blanked; lines stay where they were. */
  readonly code: string;
  /** The source with comments blanked only. */
  readonly withStrings: string;
  /** The comments only. */
  readonly comments: string;
}

const REGEX_AFTER =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))\s*$/u;
const blank = (text: string): string => text.replace(/[^\n]/gu, ' ');

/** The three views of a source file. Unterminated literals run to the end of the text. */
export function scan(text: string): Scanned {
  let code = '';
  let withStrings = '';
  let comments = '';
  const take = (part: string, kind: 'code' | 'string' | 'comment'): void => {
    code += kind === 'code' ? part : blank(part);
    withStrings += kind === 'comment' ? blank(part) : part;
    comments += kind === 'comment' ? part : blank(part);
  };
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    let end = at + 1;
    let kind: 'code' | 'string' | 'comment' = 'code';
    const char = text[at] ?? '';
    if (rest === '//' || rest === '/*') {
      end = rest === '//' ? endOr(text, text.indexOf('\n', at)) : endOr(text, text.indexOf('*/', at + 2), 2);
      kind = 'comment';
    } else if (char === "'" || char === '"') {
      end = literalEnd(text, at, char);
      kind = 'string';
    } else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      const stop = templateEnd(text, at + 1);
      if (stop.opensExpression) templates.push(depth);
      end = stop.end;
      kind = 'string';
    } else if (char === '/' && REGEX_AFTER.test(code.slice(-40))) {
      end = literalEnd(text, at, '/');
      kind = 'string';
    } else if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    take(text.slice(at, end), kind);
    at = end;
  }
  return { code, withStrings, comments };
}

function endOr(text: string, found: number, length = 0): number {
  return found < 0 ? text.length : found + length;
}

/** Index after the literal that opens at `from`; a bracket class of a regular expression may hold its end mark. */
function literalEnd(text: string, from: number, mark: string): number {
  let inClass = false;
  for (let i = from + 1; i < text.length; i += 1) {
    const char = text[i];
    if (char === '\\') i += 1;
    else if (char === '\n') return i;
    else if (mark === '/' && char === '[') inClass = true;
    else if (mark === '/' && char === ']') inClass = false;
    else if (char === mark && !inClass) return i + 1;
  }
  return text.length;
}

function templateEnd(
  text: string,
  from: number,
): { readonly end: number; readonly opensExpression: boolean } {
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '`') return { end: i + 1, opensExpression: false };
    else if (text[i] === '$' && text[i + 1] === '{') return { end: i + 2, opensExpression: true };
  }
  return { end: text.length, opensExpression: false };
}

/** One import, re-export, dynamic import or type import of a file. */
export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: `import type`, `export type`, or `import('...')` in a type position is not told apart and counts as run time. */
  readonly typeOnly: boolean;
}

const STATEMENT = /(?<![.\w$])(?:import|export)\s+(type\s+(?!from\b))?[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gu;
const BARE = /(?<![.\w$])import\s*['"]([^'"]+)['"]/gu;
const CALLED = /(?<![.\w$])(?:import|require|require\.resolve)\s*\(\s*['"`]([^'"`]+)['"`]/gu;

/** Every module that a source names, in order of kind. Neither comments nor the inside of string literals count. */
export function importsOf(text: string): readonly Import[] {
  const { code, withStrings } = scan(text);
  const find = (pattern: RegExp) =>
    [...withStrings.matchAll(pattern)].filter(({ index }) => /\S/u.test(code[index] ?? ''));
  return [
    ...find(STATEMENT).map((match) => ({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined })),
    ...[BARE, CALLED].flatMap(find).map((match) => ({ specifier: match[1] ?? '', typeOnly: false })),
  ];
}
