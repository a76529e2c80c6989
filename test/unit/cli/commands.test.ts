import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CliParts } from '../../../src/cli/commands/parts.ts';
import { runCli } from '../../../src/cli/commands/program.ts';
import { about } from '../../../src/cli/about.ts';

/** What a command line prints and ends with before it asks any server; one that does fails the test. */
async function typed(...line: readonly string[]) {
  const printed = { out: '', err: '' };
  const parts: CliParts = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    open: () => {
      throw new Error('a server was opened');
    },
    openLog: () => {
      throw new Error('a server was opened');
    },
    taskQueue: 'nobody',
    nowMs: () => 0,
    delay: () => Promise.resolve(),
  };
  return { exit: await runCli(parts, line), ...printed };
}

beforeEach(() => void vi.stubEnv('DATABASE_URL', undefined));
afterEach(() => void vi.unstubAllEnvs());

const PERSON = ['--by', 'ann', '--reason', 'why'];

describe('wrong usage ends with 2, naming option, value and what is expected', () => {
  it.each<[readonly string[], RegExp]>([
    [['rolout'], /unknown command 'rolout'/u],
    [['rollout', 'plan'], /missing required argument 'service'/u],
    [['rollout', 'plan', 'Support Bot'], /'Support Bot'.*lower-case letters, digits and hyphens/u],
    [['rollout', 'plan', 'a', '--temperature', 'hot'], /--temperature.*'hot'.*a number/u],
    [['rollout', 'plan', 'a', '--max-tokens', '0'], /--max-tokens.*'0'.*whole number, 1 or more/u],
    [['rollout', 'plan', 'a', '--min-samples', '1.5'], /--min-samples.*'1\.5'.*whole number/u],
    [['rollout', 'plan', 'a', '--steps', '5,,100'], /--steps.*'5,,100'.*such as 5,25,50,100/u],
    [
      ['rollout', 'plan', 'a', '--strategy', 'rolling'],
      /'rolling' is invalid.*canary, blueGreen, immediate/u,
    ],
    [['rollout', 'plan', 'a', '--soak', 'soon'], /--soak.*'soon'.*a duration such as 15m/u],
    [
      ['rollout', 'plan', 'a', '--system-prompt-file', 'no-such-file'],
      /--system-prompt-file.*no-such-file.*cannot be read/u,
    ],
    [['rollout', 'plan', 'a', '--modell', 'b'], /unknown option '--modell'/u],
    [['rollback', 'a', ...PERSON, '--gateway', 'http://127.0.0.1:1'], /'--gateway' is for '--direct'/u],
    [
      ['rollback', 'a', ...PERSON, '--direct', '--to', 'stable'],
      /'--to <what>' cannot be used with option '--direct'/u,
    ],
    [['rollback', 'a', '--by', 'ann'], /required option '--reason <text>' not specified/u],
    [['rollback', 'a', '--by', ' ', '--reason', 'b'], /--by.*Expected some text/u],
    [['rollback', 'a', ...PERSON, '--to', 'last'], /--to.*'last'.*previous, stable or a generation number/u],
    [['rollback', 'a', ...PERSON, '--direct', '--driver', 'ftp'], /--driver.*'ftp'.*rest, grpc, file/u],
    [['rollback', 'a', ...PERSON, '--timeout', '5'], /--timeout.*'5'.*duration/u],
    [
      ['experiment', 'start', 'a', ...PERSON, '--variant', 'x:model'],
      /--variant.*'x:model'.*something like/u,
    ],
    [['experiment', 'plan', 'a', '--primary', 'speed'], /'speed' is invalid.*quality, cost/u],
    [
      ['experiment', 'allocate', 'a', ...PERSON, '--weights', 'control'],
      /--weights.*control=0\.5,newer=0\.5/u,
    ],
    [['experiment', 'stop', 'a', '--by', 'ann'], /required option '--reason <text>' not specified/u],
    [['decision', 'list', 'a', '--limit', '0'], /--limit.*'0'.*whole number/u],
    [['decision', 'rejudge'], /missing required argument 'id'/u],
    [
      ['rollout', 'start', 'a', '--model', 'b'],
      /required option '--(?:by <name>|reason <text>)' not specified/u,
    ],
    [['rollout', 'pause', 'a', '--by', 'ann'], /required option '--reason <text>' not specified/u],
    [['rollout', 'resume', 'a', '--by', 'ann', '--reason', 'b'], /unknown option '--reason'/u],
    [['rollout', 'pause', 'a', ...PERSON, '--evidence', 'b'], /unknown option '--evidence'/u],
    [['fleet', 'pause'], /required option '--by <name>' not specified/u],
    [['audit', 'import', 'no-such-file'], /no-such-file.*cannot be read/u],
    [['windows', 'a', '--every', '2m'], /'2m' is invalid.*1m, 5m, 15m, 60m/u],
    [['windows', 'a', '--from', 'yesterday'], /--from.*'yesterday'.*such as 6h/u],
    [['windows', 'a', '--to', '2026-03-01T12:00:00'], /--to.*with its zone/u],
    [['windows', 'a', '--metric', ' '], /--metric.*some text/u],
    [['dlq', 'replay', 'a.dlq'], /a\.dlq.*without \.dlq/u],
    [['emit', 'no-such-file'], /no-such-file.*cannot be read/u],
    [['emit', '--recorded', '--as', 'pigeon'], /'pigeon' is invalid.*structured, binary, raw, batch/u],
  ])('%j', async (line, said) => {
    expect(await typed(...line)).toEqual({ exit: 2, out: '', err: expect.stringMatching(said) as string });
  });

  it('a group without a command explains its commands', async () => {
    const { exit, out, err } = await typed('rollout');
    expect(exit).toBe(2);
    expect(`${out}${err}`).toMatch(/plan .*without doing it/u);
  });
});

describe('--help explains itself and ends with 0', () => {
  it.each<[readonly string[], readonly string[]]>([
    [[], ['rollout', 'rollback', 'decision', 'audit', 'Exit codes: 0', 'In an emergency']],
    [
      ['rollout', 'plan'],
      ['--model', '--steps', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'Examples:', 'Changes nothing'],
    ],
    [['rollback'], ['--direct', '--gateway', 'previous', 'Examples:', 'audit import']],
    [
      ['decision', 'rejudge'],
      ['bit for bit', 'Exit code 1', 'Example:'],
    ],
    [
      ['audit', 'import'],
      ['one JSON object a line', 'Example:'],
    ],
    [
      ['rollout', 'start'],
      ['--by', '--reason', '--force', 'Refused when one runs already', 'Example:'],
    ],
    [
      ['rollout', 'state'],
      ['what it waits for', 'Example:'],
    ],
    [
      ['rollout', 'approve'],
      ['--evidence', 'newer evidence', 'Example:'],
    ],
    [
      ['rollout', 'rollback'],
      ['from any state, at once', '--reason', 'Example:'],
    ],
    [
      ['service', 'adopt'],
      ['YAML', '--by', 'Example:'],
    ],
    [
      ['fleet', 'pause'],
      ['Pauses the fleet', '--reason', 'Example:'],
    ],
  ])('%j', async (line, words) => {
    const { exit, out, err } = await typed(...line, '--help');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    for (const word of words) expect(out.replaceAll(/\s+/gu, ' ')).toContain(word);
  });
});

it.each(['show', 'rejudge'])('decision %s names an id as looks give them', async (command) => {
  const { out } = await typed('decision', command, '--help');
  expect(out).toMatch(/ rollout\/support-bot\/\d+\/\d+\/look\/[0-9a-f]{8}-(?:healthy|harm|inconclusive)\n/u);
});

it('a missing database is told by the name of the option, before anything is opened', async () => {
  const { exit, err, out } = await typed('decision', 'list', 'support-bot', '--json');
  expect({ exit, err }).toEqual({
    exit: 1,
    err: expect.stringMatching(/^--database: is missing, expected a PostgreSQL URL/u) as string,
  });
  expect(JSON.parse(out)).toMatchObject({
    error: { type: 'InvalidInput', problems: [{ field: '--database' }] },
  });
});

it.each([
  [500, '1s'],
  [1_000, '1s'],
  [59_001, '60s'],
  [60_000, '1m'],
  [61_000, '1m 1s'],
  [3_599_999, '60m'],
  [3_600_000, '1h'],
  [3_725_000, '1h 3m'],
  [90_000_000, '1d 1h'],
])('%i ms is shown as %s', (ms, shown) => {
  expect(about(ms)).toBe(shown);
});
