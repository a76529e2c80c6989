/** `decision`: lists decisions, shows one, and judges one again. */
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import type { DecisionLog, DecisionRecord } from '../../ports/stores.ts';
import { answering, cut, table, timeOf, type Answer, type Cli } from './answer.ts';
import { requireDatabase, serviceArgument, text, whole, withDatabase, withoutTemporal } from './options.ts';
import type { Opened } from './parts.ts';
import { rejudge, type Rejudgement } from './rejudge.ts';

interface Options {
  readonly database?: string;
}

export function addDecision(cli: Cli, program: Command): void {
  const decision = program
    .command('decision')
    .summary('what was decided, and why')
    .description('What was decided, with its reasons, and whether it would be decided the same again.');
  const list = decision
    .command('list')
    .summary('the newest decisions of a service')
    .description('Lists the newest decisions of a service, the newest first.')
    .addArgument(serviceArgument())
    .option('--limit <n>', 'how many', whole, 20);
  withDatabase(list).addHelpText('after', '\nExample:\n  llm-optimizer decision list support-bot --limit 5');
  answering<Options & { readonly limit: number }>(cli, list, (serviceId, options) =>
    reading(cli, options, async ({ ports }) => {
      const found = await ports.decisions.list({ serviceId, limit: options.limit });
      return {
        text: found.length === 0 ? `No decision about ${serviceId} yet.` : listed(found),
        json: found.map(({ detail: _detail, ...rest }) => rest),
        ok: true,
      };
    }),
  );

  const show = decision
    .command('show')
    .summary('one decision')
    .description('Shows one decision. --json has everything, evidence and limits too.')
    .argument('<id>', 'as `decision list` shows it', text);
  withDatabase(show).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer decision show rollout/support-bot/2/14/look/5f0e3a9c-healthy',
  );
  answering<Options>(cli, show, (id, options) =>
    reading(cli, options, async ({ ports }) => {
      const found = await find(ports.decisions, id);
      return { text: shown(found), json: found, ok: true };
    }),
  );

  const again = decision
    .command('rejudge')
    .summary('judge a verdict again, from what was recorded')
    .description(
      'Checks that the recorded evidence and limits are untouched, judges them again with the code of this program, and compares with the recorded verdict bit for bit. Exit code 1 when the verdict differs, when the record was touched, or when it cannot be judged.',
    )
    .argument('<id>', 'of a decision of kind verdict or shadow', text);
  withDatabase(again).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer decision rejudge rollout/support-bot/2/14/look/5f0e3a9c-healthy',
  );
  answering<Options>(cli, again, (id, options) =>
    reading(cli, options, async ({ ports }) => {
      const found = await find(ports.decisions, id);
      const result = rejudge(found, ports.hash);
      return { text: judgedAgain(found, result), json: { id, ...result }, ok: result.kind === 'same' };
    }),
  );
}

async function reading(
  cli: Cli,
  options: Options,
  read: (opened: Opened) => Promise<Answer>,
): Promise<Answer> {
  const opened = cli.open(withoutTemporal(requireDatabase(options).database));
  try {
    return await read(opened);
  } finally {
    await opened.close();
  }
}

async function find(decisions: DecisionLog, id: string): Promise<DecisionRecord> {
  const decision = await decisions.get(id);
  if (decision) return decision;
  const expected = 'the id of a decision, as `decision list SERVICE` shows it';
  throw new Failure('InvalidInput', `id: "${id}" is given, expected ${expected}`, [
    { field: 'id', value: id, expected },
  ]);
}

function listed(decisions: readonly DecisionRecord[]): string {
  return table(
    ['time', 'kind', 'outcome', 'reason', 'id'],
    decisions.map((each) => [timeOf(each.atMs), each.kind, each.outcome, cut(each.reason, 60), each.id]),
  );
}

function shown({ detail: _detail, ...decision }: DecisionRecord): string {
  return [
    decision.id,
    `time:     ${timeOf(decision.atMs)}`,
    `service:  ${decision.serviceId}`,
    `kind:     ${decision.kind}`,
    `outcome:  ${decision.outcome}`,
    `reason:   ${decision.reason}`,
    `run:      ${decision.workflowId} ${decision.runId}`,
    `hash:     ${decision.hash}`,
  ].join('\n');
}

function judgedAgain(decision: DecisionRecord, result: Rejudgement): string {
  const { recorded, now } = result.codeVersion;
  const by = recorded === now ? `by ${now}` : `recorded by ${recorded}, judged by ${now}`;
  switch (result.kind) {
    case 'same':
      return [
        `The same: ${decision.outcome} (${by}).`,
        ...(result.heldBack === null
          ? []
          : [
              `The evidence says healthy; the look held it back for what is not evidence: ${result.heldBack}`,
            ]),
      ].join('\n');
    case 'differs':
    case 'otherRules':
      return [
        result.kind === 'differs'
          ? `It differs (${by}):`
          : `The rules have changed since (${by}), which says nothing against the record; by the present ones it differs:`,
        table(
          ['field', 'recorded', 'now'],
          result.differences.map((each) => [
            each.path,
            cut(each.recorded ?? 'nothing', 60),
            cut(each.now ?? 'nothing', 60),
          ]),
        ),
      ].join('\n');
    case 'touched':
      return `The record was touched: ${result.why} (${by}).`;
    case 'unjudgeable':
      return `It cannot be judged again: ${result.why} (${by}).`;
  }
}
