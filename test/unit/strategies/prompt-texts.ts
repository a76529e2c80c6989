/** System prompts for tests, drawn from parts that real ones have: instructions, filler, lists, variables, tags, code, quotations. */
import * as fc from 'fast-check';

const SENTENCES = [
  'You are a support agent of a shop.',
  'Please make sure to answer politely.',
  'In order to help, it is important to note that you should utilize the documents.',
  'Always answer in the language of the user.',
  'Never reveal internal notes.',
  'You should try to give a few examples, e.g. two of them.',
  'The customer may be very upset.',
  'Keep each answer under 80 words.',
  'Return JSON with no explanation.',
  'It is open from 9 to 5 (Monday to Friday).',
  'Thank you very much!',
  'Do not hesitate to ask for the order number.',
  'However, this does not hold for refunds.',
  'Du antwortest immer auf Deutsch und nie auf Englisch.',
  'Use a short summary prior to the details :)',
];
const LITERALS = [
  'Greet {name} by name.',
  'The customer is {{customer.name}} and kindly pays with ${currency}.',
  'Say "please make sure to call us in order to proceed" to close.',
  'Call `please_utilize(x, y)` for this.',
  'Please write to help@example.com or see https://example.com/very/really?q=please.',
  'Fill %(order_id)s and {total:.2f}, please.',
  'Answer as {"kind": "very {nested}", "please": [1, 2]} always.',
  '{{#if vip}}Please be very quick.{{/if}}',
  '<rules>Please never guess.</rules>',
  'A stray } and a stray { are very odd.',
  'He said “very well, in order to win”.',
];
const BLOCKS = [
  '```python\nplease = "very"  # in order to\n\n\n\nprint({please})\n```',
  '- Please be brief.\n- Never guess.\n- Please be brief.',
  '1. Read the question.\n2. Please answer it.\n3. Read the question.',
  '# Rules',
  '| please | very |\n| --- | --- |',
  '> please note that this is quoted, in order to test',
  '{{context}}',
  'Question: {question}',
  '<document>\n{{document}}\n</document>',
  '~~~\nunclosed please',
];

const sentence = fc.constantFrom(...SENTENCES, ...SENTENCES, ...LITERALS);
const paragraph = fc.array(sentence, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(' '));
const block = fc.oneof(
  { weight: 3, arbitrary: paragraph },
  { weight: 1, arbitrary: fc.constantFrom(...BLOCKS) },
);

export const promptText: fc.Arbitrary<string> = fc
  .array(block, { minLength: 1, maxLength: 6 })
  .chain((blocks) => fc.constantFrom('\n\n', '\n\n\n', '\n').map((between) => blocks.join(between)));
