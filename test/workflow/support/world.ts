/**
 * The world of one service as the workflows meet it: a gateway in memory, and what looks and assessments will say. Only the
 * workflows are under test here, so the activities are the smallest thing that keeps their contracts.
 */
import type { Assessment } from '../../../activities/index.ts';
import type { FailureType } from '../../../src/domain/failure.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import type { Notice, Notify } from '../../../src/domain/notice.ts';
import type { Place } from '../../../src/state/maintenance.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import type { ExperimentPlan, ExperimentRunState } from '../../../src/state/experiment/index.ts';
import type { Look, RolloutPlan, RolloutState } from '../../../src/state/rollout/index.ts';
import type { Judged } from '../../support/experiment.ts';
import { Gateway } from './gateway.ts';

export type Verdict = StepVerdict['outcome'];

/** A call that hangs until it is let go. */
export interface Hang {
  /** Resolves when the activity has been reached. */
  readonly reached: Promise<void>;
  readonly release: () => void;
}

export class World {
  readonly serviceId: string;
  readonly gateway = new Gateway();
  /** Names of the activities that ran, tries included, in order. */
  readonly calls: string[] = [];
  /** What differs from `testPlan`. */
  plan: Partial<RolloutPlan> = {};
  /** What the nth look (from 1) says. */
  verdict: (look: number, state: RolloutState) => Verdict = () => 'healthy';
  live: (look: number) => Look['live'] = () => 'ours';
  assessment: Pick<Assessment, 'kind'> = { kind: 'nothingToDo' };
  /** What a watch's nth look says. */
  watch: (look: number) => 'well' | 'revert' | 'closed' = () => 'well';
  /** Who holds the service when a restore is prepared. */
  holder: LeaseHolder | null = null;
  /** Whom a restore tells. */
  notify: Notify | null = null;
  /** What `finishRollout` was told. */
  finished: RolloutState | null = null;
  /** What people were told. */
  readonly notices: Notice[] = [];
  /** How a change ended, as `describeChange` would tell a cycle that missed its report. */
  ended: {
    readonly workflowId: string;
    readonly outcome: string;
    readonly reason: string;
    readonly generation: number | null;
  } | null = null;
  /** What differs from `experimentPlan`. */
  experiment: Partial<ExperimentPlan> = {};
  /** What the nth look (from 1) of an experiment finds. */
  finds: (look: number, state: ExperimentRunState) => Judged = () => 'undecided';
  /** What the nth tick (from 1) meets at the gateway. */
  serves: (tick: number) => 'ours' | 'leaseLost' = () => 'ours';
  /** What `finishExperiment` was told. */
  finishedExperiment: ExperimentRunState | null = null;
  /** What a portion of a step of the maintenance does. */
  upkeep: (
    step: string,
    from?: Place,
  ) => { readonly count: number; readonly more: boolean; readonly next?: Place } = () => ({
    count: 0,
    more: false,
  });
  /** Workflow id of whoever has the change lease. */
  lease: string | null = null;
  /** Runs within each tick of an experiment, before it answers. */
  onTick: () => Promise<void> = () => Promise.resolve();
  /** When each tick came and whether it looked, by the server's clock. */
  readonly ticks: { readonly atMs: number; readonly judge: boolean }[] = [];
  looks = 0;
  watchLooks = 0;
  readonly #hangs = new Map<string, { readonly reach: () => void; readonly held: Promise<void> }>();
  readonly #held: (() => void)[] = [];
  readonly #failures = new Map<string, { readonly type: FailureType; left: number }>();

  constructor(serviceId: string) {
    this.serviceId = serviceId;
  }

  /** The next call of `activity` hangs. */
  hangAt(activity: string): Hang {
    const [reached, held] = [deferred(), deferred()];
    this.#hangs.set(activity, { reach: reached.resolve, held: held.promise });
    this.#held.push(held.resolve);
    return { reached: reached.promise, release: held.resolve };
  }

  /** The next `times` calls of `activity` fail. */
  failAt(activity: string, type: FailureType, times = 1): void {
    this.#failures.set(activity, { type, left: times });
  }

  /** Lets everything go that still hangs, so that the worker can stop. */
  release(): void {
    for (const release of this.#held) release();
  }

  /** What every activity does first. */
  async enter(activity: string): Promise<void> {
    this.calls.push(activity);
    const hang = this.#hangs.get(activity);
    if (hang) {
      this.#hangs.delete(activity);
      hang.reach();
      await hang.held;
    }
    const failure = this.#failures.get(activity);
    if (failure && failure.left > 0) {
      failure.left -= 1;
      throw new Failure(failure.type, `${activity} fails, as the test says`);
    }
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
