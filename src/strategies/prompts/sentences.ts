/** A shielded text as lines and sentences, and what kind of sentence one is. English; it rewrites nothing. */

/** Not the end of a sentence, though there is a full stop. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|Mr|Mrs|Ms|Dr|No|St)\.$/u;
const BREAK = /(?<=[.!?]["')\]\u{F0000}-\u{FFFFD}]?)[ \t]+(?=["'(]?[\p{Lu}\p{N}\u{F0000}-\u{FFFFD}])/u;

/** Sentences of one line. Joined by single spaces they are the line again, but for its inner white space. */
export function sentencesOf(line: string): readonly string[] {
  const sentences: string[] = [];
  for (const piece of line.split(BREAK)) {
    const last = sentences.at(-1);
    if (last !== undefined && ABBREVIATION.test(last)) sentences[sentences.length - 1] = `${last} ${piece}`;
    else sentences.push(piece);
  }
  return sentences;
}

/** Indent and marker of a list item, and what follows; an empty marker for any other line. */
export function itemOf(line: string): { readonly marker: string; readonly body: string } {
  const [, marker = '', body = ''] = /^(\s*(?:(?:[-*+•]|\d+[.)])[ \t]+)?)(.*)$/su.exec(line) ?? [];
  return { marker, body };
}

export const isListItem = (line: string): boolean => /^\s*(?:[-*+•]|\d+[.)])[ \t]+/u.test(line);
export const isHeading = (line: string): boolean => /^#{1,6}[ \t]/u.test(line);

const IMPERATIVE = new RegExp(
  `^(?:(?:please|always|never|only|do not|don't|do|first|then|finally|next)\\b[ ,]*)*(?:${[
    'you (?:must|should|shall|will|may|can|need|have)',
    'acknowledge|add|address|adhere|analy[sz]e|answer|apologi[sz]e|apply|ask|assist|assume|avoid|base|be|break|check|choose|cite|classify|compare|complete|consider',
    'convert|correct|create|decide|define|describe|detect|determine|do|draft|ensure|evaluate|exclude|explain|extract|fill|find|fix|focus|follow|format|generate|get',
    'give|greet|guess|handle|have|help|highlight|identify|ignore|include|invent|judge|keep|limit|list|look|make|mention|mind|minimi[sz]e|name|note|obey|offer|omit',
    'output|point|prefer|present|preserve|print|produce|provide|put|quote|rank|rate|read|reason|recommend|refer|refuse|rely|remain|remember|remove|repeat|rephrase|replace|reply',
    'report|resolve|respect|respond|return|reveal|review|rewrite|say|select|separate|share|show|skip|solve|sort|speak|split|start|state|stay|stick|stop|structure',
    'suggest|summari[sz]e|support|take|tell|think|translate|treat|try|understand|use|utili[sz]e|validate|verify|wait|work|write',
  ].join('|')})\\b`,
  'iu',
);
const PROHIBITION = /^(?:always|never|do not|don't|no)\b/iu;

/** "If the customer is upset, apologize." */
const CONDITION =
  /^(?:if|when|whenever|unless|before|after|in case|in the event)\b[^,]*,[ \t]*(?:then[ \t]+)?/iu;

export function isInstruction(sentence: string): boolean {
  const asked = sentence.replace(CONDITION, '');
  return IMPERATIVE.test(asked) || PROHIBITION.test(asked);
}

const FUNCTION_WORDS = new Set(
  'the a to of and you is are for with your be not that or if this by from will should must when their have has can only any all no answer user'.split(
    ' ',
  ),
);
/** Of running English two words in five are such words, of other languages hardly any. */
const LEAST_SHARE = 0.12;
const FEW_WORDS = 6;

/** Whether rules for English make sense: by the share of its commonest words; a handful of words pass when they are plain ASCII. */
export function readsAsEnglish(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{M}']+/gu) ?? [];
  if (words.length === 0) return false;
  if (words.length < FEW_WORDS) return words.every((word) => /^[a-z']+$/u.test(word));
  return words.filter((word) => FUNCTION_WORDS.has(word)).length / words.length >= LEAST_SHARE;
}
