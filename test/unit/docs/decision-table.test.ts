// ARCHITECTURE.md shows the decision tables of rollouts and experiments as they are in the code: they are printed from the data.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';
import {
  EXPERIMENT_FINDINGS,
  EXPERIMENT_STANDINGS,
  EXPERIMENT_TABLE,
  type ExperimentDecision,
} from '../../../src/state/experiment/index.ts';
import {
  CONDITIONS,
  DECISION_TABLE,
  FINDINGS,
  STANDINGS,
  type Decision,
} from '../../../src/state/rollout/index.ts';

const path = new URL('../../../ARCHITECTURE.md', import.meta.url);
const page = readFileSync(path, 'utf8');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const looked = Object.entries(DECISION_TABLE).filter(([, rows]) => rows.healthy.soaked !== 'ignore');

const ticked = Object.entries(EXPERIMENT_TABLE).filter(([, rows]) => rows.undecided.going !== 'ignore');

/** As Prettier leaves it on the page. */
const printed = async (text: string): Promise<string> => {
  const config = await resolveConfig(path);
  return (await format(text, { ...config, parser: 'markdown' })).trim();
};

describe('ARCHITECTURE.md', () => {
  test.each(looked)('shows what a look leads to while %s, cell by cell', async (_phase, rows) => {
    const head = ['what the look found', ...STANDINGS.map((standing) => `\`${standing}\``)];
    const cells = FINDINGS.map((finding) => [
      `\`${finding}\``,
      ...STANDINGS.map((standing): Decision => rows[finding][standing]),
    ]);
    expect(page).toContain(await printed(table(head, cells)));
  });

  test.each(ticked)(
    'shows what a tick of an experiment leads to while %s, cell by cell',
    async (_phase, rows) => {
      const head = ['what the tick found', ...EXPERIMENT_STANDINGS.map((stands) => `\`${stands}\``)];
      const cells = EXPERIMENT_FINDINGS.map((finding) => [
        `\`${finding}\``,
        ...EXPERIMENT_STANDINGS.map((stands): ExperimentDecision => rows[finding][stands]),
      ]);
      expect(page).toContain(await printed(table(head, cells)));
    },
  );

  test('shows every condition with the verdict and the finding that it comes to', async () => {
    const rows = Object.values(CONDITIONS).map(({ what, verdict, finding }) => [
      what,
      verdict,
      `\`${finding}\``,
    ]);
    expect(page).toContain(await printed(table(['condition', 'verdict', 'found'], rows)));
  });

  test('names the phases in which a look is not asked for', () => {
    const phases = [...Object.keys(DECISION_TABLE), ...Object.keys(EXPERIMENT_TABLE)];
    for (const phase of phases) expect(page).toContain(phase);
  });
});
