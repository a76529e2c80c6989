/** `windows`: what a service's arms did, merged to windows of 1, 5, 15 or 60 minutes. */
import { Option, InvalidArgumentError, type Command } from 'commander';
import { durationMs, parseDurationMs } from '../../domain/duration.ts';
import { invalidInput, type Failure } from '../../domain/failure.ts';
import type { WindowStats } from '../../domain/window.ts';
import { quantile, SKETCH_ALPHA, sketchCount } from '../../math/index.ts';
import type { MergedWindow } from '../../ports/merged-windows.ts';
import { answering, table, timeOf, type Answer, type Cli } from './answer.ts';
import { requireDatabase, serviceArgument, text, withDatabase, withoutTemporal } from './options.ts';

const LENGTHS = ['1m', '5m', '15m', '60m'] as const;

/** More windows than this are nothing that a person reads. */
const MOST = 1_500;

/** A moment, or so long before now. */
type Moment = { readonly atMs: number } | { readonly agoMs: number };

interface Options {
  readonly database?: string;
  readonly every: (typeof LENGTHS)[number];
  readonly from: Moment;
  readonly to: Moment;
  readonly arm?: string;
  readonly metric?: string;
}

export function addWindows(cli: Cli, program: Command): void {
  const windows = program
    .command('windows')
    .summary('what a service has done, by the minute or the hour')
    .description(
      'Shows the windows of a service, merged: counts, means and quantiles of each arm and metric, all task types and generations together. `units` are first outcomes, one per request, session or user; all else is over every observation.',
    )
    .addArgument(serviceArgument())
    .addOption(new Option('--every <length>', 'length of the windows').choices(LENGTHS).default('5m'))
    .addOption(
      new Option(
        '--from <when>',
        'a duration before now, such as 6h, or a time, such as 2026-03-01T12:00:00Z',
      )
        .argParser(moment)
        .default({ agoMs: 3_600_000 }, '1h'),
    )
    .addOption(new Option('--to <when>', 'the same').argParser(moment).default({ agoMs: 0 }, 'now'))
    .option('--arm <arm>', 'stable, candidate, or an arm of an experiment', text)
    .option('--metric <name>', 'such as quality, error, latencyMs or costUsd', text);
  withDatabase(windows).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer windows support-bot --every 15m --from 6h --metric latencyMs',
  );
  answering<Options>(cli, windows, async (serviceId, options) => {
    const range = rangeOf(options, cli.nowMs());
    const opened = cli.open(withoutTemporal(requireDatabase(options).database));
    try {
      const { arm = null, metric = null } = options;
      const found = await opened.ports.mergedWindows.merged({ serviceId, ...range, arm, metric });
      return answerOf(serviceId, options.every, range, found);
    } finally {
      await opened.close();
    }
  });
}

interface Range {
  readonly everyMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Begins with a whole window. Throws `InvalidInput` for one that is empty or longer than anybody reads. */
function rangeOf({ every, from, to }: Options, nowMs: number): Range {
  const everyMs = durationMs(every);
  const msOf = (when: Moment): number => ('atMs' in when ? when.atMs : nowMs - when.agoMs);
  const [fromMs, toMs] = [Math.floor(msOf(from) / everyMs) * everyMs, msOf(to)];
  const wrong = (value: string, expected: string): Failure =>
    invalidInput('windows', [{ field: '--from', value, expected }]);
  if (msOf(from) >= toMs) throw wrong(timeOf(msOf(from)), `a time before ${timeOf(toMs)} (--to)`);
  if ((toMs - fromMs) / everyMs > MOST) {
    const least = timeOf(toMs - MOST * everyMs);
    throw wrong(
      timeOf(msOf(from)),
      `${least} or later, which is ${MOST} windows of ${every}; or a longer --every`,
    );
  }
  return { everyMs, fromMs, toMs };
}

function answerOf(
  serviceId: string,
  every: string,
  { fromMs, toMs }: Range,
  { windows, leftOut }: { readonly windows: readonly MergedWindow[]; readonly leftOut: number },
): Answer {
  const shown = windows.map(shownOf);
  const notes = [
    ...(windows.some(({ all }) => all.sketch !== null)
      ? [
          `Quantiles come from sketches and are within ${SKETCH_ALPHA * 100} % of a value; of metrics that came as histograms, of the middle of its bucket.`,
        ]
      : []),
    ...(leftOut > 0
      ? [
          `${leftOut} windows are longer than ${every} and left out: old ones are kept by the hour, see --every 60m.`,
        ]
      : []),
  ];
  const rows = shown.map((each) => [
    each.start,
    each.arm,
    each.metric,
    String(each.count),
    String(each.units),
    ...[each.mean, each.p50, each.p95, each.p99].map(numeral),
  ]);
  const head = ['from', 'arm', 'metric', 'count', 'units', 'mean', 'p50', 'p95', 'p99'];
  const none = `No windows of ${serviceId} from ${timeOf(fromMs)} to ${timeOf(toMs)}.`;
  return {
    text: [rows.length === 0 ? none : table(head, rows), ...notes].join('\n'),
    json: {
      serviceId,
      every,
      from: timeOf(fromMs),
      to: timeOf(toMs),
      quantileRelativeError: SKETCH_ALPHA,
      leftOut,
      windows: shown,
    },
    ok: true,
  };
}

const mean = ({ count, sum }: WindowStats): number | null => (count === 0 ? null : sum / count);

/** A sketch that lacks observations (some came without) answers for none of them. */
function quantileOf({ count, sketch }: WindowStats, q: number): number | null {
  return sketch === null || sketchCount(sketch) !== count ? null : quantile(sketch, q);
}

const shownOf = ({ startMs, arm, metric, all, unitFirst }: MergedWindow) => ({
  start: timeOf(startMs),
  arm,
  metric,
  count: all.count,
  units: unitFirst.count,
  mean: mean(all),
  min: all.min,
  max: all.max,
  p50: quantileOf(all, 0.5),
  p95: quantileOf(all, 0.95),
  p99: quantileOf(all, 0.99),
  unitFirst: {
    mean: mean(unitFirst),
    p50: quantileOf(unitFirst, 0.5),
    p95: quantileOf(unitFirst, 0.95),
    p99: quantileOf(unitFirst, 0.99),
  },
});

/** Four digits are what the sketches hold. */
const numeral = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(4)));

function moment(given: string): Moment {
  const agoMs = parseDurationMs(given);
  if (agoMs !== null) return { agoMs };
  const atMs = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/u.test(given)
    ? Date.parse(given)
    : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new InvalidArgumentError(
      'Expected a duration before now, such as 6h, or a time with its zone, such as 2026-03-01T12:00:00Z.',
    );
  }
  return { atMs };
}
