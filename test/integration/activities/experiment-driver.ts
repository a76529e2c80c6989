/** An experiment as its workflow drives it, without the workflow: the same reducer and the same writes, one action at a time. */
import {
  experimentIdOf,
  nextExperimentAction,
  reduceExperiment,
  startExperimentRun,
  type ExperimentAction,
  type ExperimentEvent,
  type ExperimentRunState,
  type ExperimentTick,
} from '../../../src/state/experiment/index.ts';
import { experimentWrite } from '../../../workflows/experiment-write.ts';
import { holderOf, withBaseline } from './rollout-driver.ts';
import { CANDIDATE, SERVICE, type World } from './world.ts';

export const EXPERIMENT = holderOf(`experiment/${SERVICE}`);

/** Short times, margins that little traffic can rule out, and an effect that it can find. */
export const SHORT_EXPERIMENTS = {
  guardrails: {
    quality: { maxDropPct: 30 },
    errorRate: { maxRisePoints: 10 },
    latencyP95: { required: false },
  },
  experiment: { look: '2s', lease: '2m', minSamples: 100, minImprovementPct: 10, maxDuration: '1h' },
};

export const experimentRequest = (input: Record<string, unknown> = {}, holder = EXPERIMENT) => ({
  input: {
    serviceId: SERVICE,
    name: 'other-model',
    variants: [{ id: 'other', change: { model: CANDIDATE } }],
    by: 'ann',
    ...input,
  },
  holder,
  parentWorkflowId: null,
});

export class ExperimentDriver {
  readonly world: World;
  state: ExperimentRunState;
  clockMs: number;

  private constructor(world: World, state: ExperimentRunState) {
    this.world = world;
    this.state = state;
    this.clockMs = world.nowMs;
  }

  /** Feeds the baseline and is admitted. */
  static async admitted(world: World, input: Record<string, unknown> = {}): Promise<ExperimentDriver> {
    await withBaseline(world);
    const { plan, evidence } = await world.activities.admitExperiment(experimentRequest(input));
    return new ExperimentDriver(world, startExperimentRun(plan, evidence));
  }

  get generation(): number {
    return this.state.plan.generation;
  }

  get next(): ExperimentAction {
    return nextExperimentAction(this.state, this.clockMs);
  }

  happened(event: ExperimentEvent): void {
    this.state = reduceExperiment(this.state, event);
  }

  write(arms = false) {
    this.happened({ kind: 'writeStarted', atMs: this.world.nowMs, ...(arms && { arms }) });
    return experimentWrite(EXPERIMENT.workflowId, this.state);
  }

  setArmsRequest(of: Pick<Extract<ExperimentAction, { kind: 'setArms' }>, 'weights' | 'exposedPct'>) {
    const { plan, periods, startedAtMs } = this.state;
    const last = periods.at(-1);
    return {
      ...this.write(true),
      ...of,
      holder: EXPERIMENT,
      leaseMs: plan.leaseMs,
      forced: plan.forced,
      servedAs: last ? { weights: last.weights, exposedPct: last.exposedPct } : null,
      begins: startedAtMs === null,
      starts: startedAtMs === null,
    };
  }

  async setArms(): Promise<void> {
    const action = this.next;
    if (action.kind !== 'setArms') throw new Error(`next is ${action.kind}, and not setArms`);
    const { weights, exposedPct } = action;
    const set = await this.world.activities.setArms(this.setArmsRequest({ weights, exposedPct }));
    this.happened({ kind: 'armsSet', ...set });
  }

  tickRequest(judge: boolean) {
    return {
      ...this.write(),
      holder: EXPERIMENT,
      state: this.state,
      judge,
      dueAtMs: this.world.nowMs,
    };
  }

  async tick(judge = true): Promise<ExperimentTick> {
    const tick = await this.world.activities.experimentTick(this.tickRequest(judge));
    this.happened({ kind: 'ticked', tick });
    return tick;
  }

  async takeArmsAway(): Promise<void> {
    const { atMs } = await this.world.activities.takeArmsAway({
      ...this.write(true),
      reason: 'as the test says',
    });
    this.happened({ kind: this.state.ending ? 'restored' : 'armsTakenAway', atMs });
  }

  /** `perArm` requests of each arm over the next ten seconds; the clock ends where they are mature. */
  async traffic(perArm: number, quality: Readonly<Record<string, number>>): Promise<void> {
    const { world, generation, state } = this;
    const fromMs = Math.ceil(world.nowMs / 1_000) * 1_000;
    const toMs = fromMs + 10_000;
    world.nowMs = toMs + state.plan.matureAfterMs;
    const experiment = experimentIdOf(state.plan);
    await world.feed(
      ...Object.entries(quality).map(([arm, share]) => ({
        arm,
        generation,
        experiment,
        count: perArm,
        fromMs,
        toMs,
        quality: share,
      })),
    );
  }
}
