/** Windows as verdicts and observation read them, and the blocks that rollouts have folded. */
import { OTLP_METRICS } from '../../domain/dry-run.ts';
import type { Arm, ArmWindow, Block, Metric, WindowStats } from '../../domain/window.ts';
import type { WindowStore } from '../../ports/windows.ts';
import type { Database, Queryable } from './database.ts';
import { beginEpoch } from './unit-epochs.ts';
import { differenceOf, observationsIn, sumPerStretch } from '../../analysis/late-labels.ts';
import {
  parametersOf,
  readWindows,
  SELECTED,
  type GroupedStats,
  type Scope,
  type WindowSelection,
} from './read-windows.ts';

type Arms = Record<Arm, Partial<Record<Metric, WindowStats>>>;

/** Blocks `fromNo..toNo` of a rollout: its candidate at `generation`, beside it whatever was stable. */
const rolloutBlocks = (
  serviceId: string,
  generation: number,
  blockMs: number,
  fromNo: number,
  toNo: number,
): WindowSelection => ({
  scope: 'unitFirst',
  serviceId,
  fromMs: fromNo * blockMs,
  toMs: (toNo + 1) * blockMs,
  groupMs: blockMs,
  arms: { stable: null, candidate: generation },
});

function toBlocks(rows: readonly GroupedStats[], blockMs: number): readonly Block[] {
  const byNo = new Map<number, Arms>();
  for (const { no, arm, metric, stats } of rows) {
    const arms = byNo.get(no) ?? { stable: {}, candidate: {} };
    byNo.set(no, arms);
    arms[arm][metric] = stats;
  }
  return [...byNo].map(([no, arms]) => ({ no, startMs: no * blockMs, endMs: (no + 1) * blockMs, arms }));
}

interface FoldedRow {
  readonly no: number;
  readonly arms: Block['arms'];
}

/** Folded blocks whose windows hold more by now. One query over counts: sketches are read for these blocks only. */
async function grownBlocks(
  db: Queryable,
  serviceId: string,
  generation: number,
  blockMs: number,
): Promise<readonly FoldedRow[]> {
  const folded = `SELECT no, observations, arms FROM rollout_blocks
    WHERE service_id = $1 AND generation = $2 AND block_ms = $3`;
  const [range] = await db.query<{ from_no: number | null; to_no: number | null }>(
    `SELECT min(no) AS from_no, max(no) AS to_no FROM (${folded}) AS f`,
    [serviceId, generation, blockMs],
  );
  if (range?.from_no === null || range?.to_no === null || range === undefined) return [];
  const selection = rolloutBlocks(serviceId, generation, blockMs, range.from_no, range.to_no);
  return db.query<FoldedRow>(
    `WITH present AS MATERIALIZED (
       SELECT window_start_ms / $4 AS no, sum(first_count) AS observations
       FROM metric_windows WHERE ${SELECTED} GROUP BY 1)
     SELECT f.no, f.arms FROM rollout_blocks f JOIN present p USING (no)
     WHERE f.service_id = $1 AND f.generation = $10 AND f.block_ms = $4 AND p.observations > f.observations
     ORDER BY f.no`,
    [...parametersOf(selection), generation],
  );
}

/** The blocks as `rollout_blocks` holds them. A block without a row is answered as it is given. */
async function remembered(
  db: Queryable,
  serviceId: string,
  generation: number,
  blocks: readonly Block[],
): Promise<readonly Block[]> {
  const rows = await db.query<FoldedRow & { readonly block_ms: number }>(
    `SELECT no, block_ms, arms FROM rollout_blocks
     WHERE service_id = $1 AND generation = $2 AND no = ANY ($3::bigint[])`,
    [serviceId, generation, blocks.map((block) => block.no)],
  );
  const key = (no: number, blockMs: number) => `${no}/${blockMs}`;
  const arms = new Map(rows.map((row) => [key(row.no, row.block_ms), row.arms]));
  return blocks.map((block) => ({
    ...block,
    arms: arms.get(key(block.no, block.endMs - block.startMs)) ?? block.arms,
  }));
}

export function createWindowStore(db: Database): WindowStore {
  const summaryOf = async (selection: WindowSelection): Promise<ArmWindow> =>
    Object.fromEntries((await readWindows(db, selection)).map(({ metric, stats }) => [metric, stats]));

  return {
    countUnitsAnew: (epoch) => beginEpoch(db, epoch),
    blocks: async ({ serviceId, generation, blockMs, fromNo, toNo }) =>
      toBlocks(await readWindows(db, rolloutBlocks(serviceId, generation, blockMs, fromNo, toNo)), blockMs),
    named: async ({ serviceId, generation, blockMs, fromNo, toNo, names }) => {
      const range = rolloutBlocks(serviceId, generation, blockMs, fromNo, toNo);
      const read = (scope: Scope, metrics: readonly string[]) =>
        metrics.length === 0 ? [] : readWindows<string>(db, { ...range, groupMs: null, scope, metrics });
      const isOtlp = (name: string) => OTLP_METRICS.includes(name);
      const found = [
        ...(await read(
          'unitFirst',
          names.filter((name) => !isOtlp(name)),
        )),
        ...(await read('all', names.filter(isOtlp))),
      ];
      const of = (arm: Arm) =>
        Object.fromEntries(
          found.filter((each) => each.arm === arm).map(({ metric, stats }) => [metric, stats]),
        );
      return { stable: of('stable'), candidate: of('candidate') };
    },
    summary: async ({ serviceId, arm, generation, fromMs, toMs }) => {
      const selection = {
        serviceId,
        fromMs,
        toMs,
        groupMs: null,
        arms: { [arm]: generation },
        withControls: true,
      };
      return {
        unitFirst: await summaryOf({ ...selection, scope: 'unitFirst' }),
        all: await summaryOf({ ...selection, scope: 'all' }),
      };
    },
    markFolded: async (serviceId, generation, blocks) => {
      await db.query(
        `INSERT INTO rollout_blocks (service_id, generation, block_ms, no, observations, arms)
         SELECT $1, $2, * FROM unnest($3::integer[], $4::bigint[], $5::bigint[], $6::json[])
         ON CONFLICT DO NOTHING`,
        [
          serviceId,
          generation,
          blocks.map((block) => block.endMs - block.startMs),
          blocks.map((block) => block.no),
          blocks.map(observationsIn),
          blocks.map((block) => JSON.stringify(block.arms)),
        ],
      );
      return remembered(db, serviceId, generation, blocks);
    },
    lateSince: async (serviceId, generation, blockMs, stretchesFromMs) => {
      const grown = await grownBlocks(db, serviceId, generation, blockMs);
      const [first, last] = [grown[0], grown.at(-1)];
      if (first === undefined || last === undefined) return sumPerStretch([], stretchesFromMs);
      const selection = rolloutBlocks(serviceId, generation, blockMs, first.no, last.no);
      const groups = grown.map((block) => block.no);
      const folded = new Map(grown.map((block) => [block.no, block.arms]));
      const present = toBlocks(await readWindows(db, { ...selection, groups }), blockMs);
      const differences = present.flatMap((block) => {
        const arms = folded.get(block.no);
        return (arms && differenceOf(block, { ...block, arms })) ?? [];
      });
      return sumPerStretch(differences, stretchesFromMs);
    },
  };
}
