/** What a gateway keeps of one service, in memory: fenced by generation and revision, as the contract asks. */
import { Failure } from '../../../src/domain/failure.ts';

interface Fence {
  readonly generation: number;
  readonly revision: number;
}

/** Hashes stand for configurations: workflows never see more. */
export class Gateway {
  generation = 1;
  revision = 0;
  stable = 'stable-hash';
  candidate: string | null = null;
  weightPct = 0;
  /** How the arms of an experiment are served, such as `control 0.5, concise 0.5, of 100 %`; null while none are. */
  arms: string | null = null;
  leaseExpiresAtMs: number | null = null;
  /** Every accepted write, in order, such as `2/1 candidate at 5 %`. */
  readonly writes: string[] = [];
  /** Every write that was refused as stale. */
  readonly refused: string[] = [];
  /** While true every call fails as a gateway that cannot be reached. */
  away = false;
  #content = '';

  /** Throws StaleGeneration unless the pair is greater; an equal pair with equal content answers as before. */
  write(fence: Fence, content: string, change: () => void): void {
    this.read();
    const newer =
      fence.generation > this.generation ||
      (fence.generation === this.generation && fence.revision > this.revision);
    const again =
      fence.generation === this.generation && fence.revision === this.revision && content === this.#content;
    if (again) return;
    if (!newer) {
      this.refused.push(`${fence.generation}/${fence.revision} ${content}`);
      throw new Failure(
        'StaleGeneration',
        `(${fence.generation}, ${fence.revision}) is given, (${this.generation}, ${this.revision}) is live`,
      );
    }
    change();
    this.generation = fence.generation;
    this.revision = fence.revision;
    this.#content = content;
    this.writes.push(`${fence.generation}/${fence.revision} ${content}`);
  }

  setCandidate(fence: Fence, hash: string, weightPct: number, leaseExpiresAtMs: number): void {
    this.write(fence, `candidate at ${weightPct} %`, () => {
      this.arms = null;
      this.candidate = hash;
      this.weightPct = weightPct;
    });
    this.leaseExpiresAtMs = leaseExpiresAtMs;
  }

  /** Copies go to the candidate, no unit does. */
  setShadow(fence: Fence, hash: string, copyPct: number, leaseExpiresAtMs: number): void {
    this.write(fence, `copies of ${copyPct} %`, () => {
      this.candidate = hash;
      this.weightPct = 0;
    });
    this.leaseExpiresAtMs = leaseExpiresAtMs;
  }

  setArms(fence: Fence, arms: string, leaseExpiresAtMs: number): void {
    this.write(fence, `arms ${arms}`, () => {
      this.candidate = null;
      this.weightPct = 0;
      this.arms = arms;
    });
    this.leaseExpiresAtMs = leaseExpiresAtMs;
  }

  setStable(fence: Fence, hash: string): void {
    this.write(fence, `stable ${hash}`, () => {
      this.stable = hash;
      this.#alone();
    });
  }

  removeCandidate(fence: Fence): void {
    this.write(fence, 'candidate removed', () => {
      this.#alone();
    });
  }

  /** Throws when the gateway is away. */
  read(): void {
    if (this.away) throw new Failure('OrchestratorUnavailable', 'the gateway does not answer');
  }

  /** The lease has run out: the gateway is back on the stable configuration by itself. */
  expireLease(): void {
    this.#alone();
  }

  #alone(): void {
    this.candidate = null;
    this.weightPct = 0;
    this.arms = null;
    this.leaseExpiresAtMs = null;
  }
}
