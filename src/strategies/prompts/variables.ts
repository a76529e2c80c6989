/** What a program fills in or steers by: variables, control tags of templates, markup tags. It finds them, and judges nothing. */

const VARIABLE = [
  '\\{\\{\\{?[^{}]*\\}?\\}\\}',
  '\\{%[^%\\n]*%\\}',
  '\\$\\{[^{}\\n]*\\}',
  '(?<![{$])\\{[A-Za-z_0-9][\\w.\\[\\]-]*(?:[!:][^{}\\n]*)?\\}(?!\\})',
  '%\\([A-Za-z_]\\w*\\)[a-z]',
  '\\[\\[[^\\]\\n]+\\]\\]',
].join('|');
const TAG = '</?[A-Za-z][\\w:-]*(?:\\s[^<>\\n]*)?/?>';

const VARIABLES = new RegExp(VARIABLE, 'gu');
const TAGS = new RegExp(TAG, 'gu');
/** Variables that open or close something, such as `{{#if x}}`, `{{/if}}`, `{{else}}`, `{% for %}`. */
const CONTROL = /^\{\{[~]?[#/^]|^\{\{\s*else\b|^\{%/u;

/** Each variable once, in the order of first use, control tags left out. */
export const variablesOf = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(VARIABLES)].map(([found]) => found).filter((found) => !CONTROL.test(found))),
];

/** Control tags and markup tags as they come: their order is what they mean. */
export const tagsOf = (text: string): readonly string[] =>
  [...[...text.matchAll(VARIABLES)].filter(([found]) => CONTROL.test(found)), ...text.matchAll(TAGS)]
    .toSorted((a, b) => a.index - b.index)
    .map(([found]) => found);
