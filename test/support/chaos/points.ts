/**
 * Named points in the traffic between the processes, at which a trial may stop the world: a call that has come to its point waits there until
 * the trial has killed what it wanted to kill, and then goes on or is lost. Decides nothing about what is killed.
 */

/** What becomes of the call that was stopped: it goes on, or its caller never hears of it again. */
export type Fate = 'goesOn' | 'isLost';

/** A call of one service that has reached a point. */
export interface Reached {
  readonly point: string;
  readonly serviceId: string;
  readonly release: (fate: Fate) => void;
}

interface Trap {
  readonly points: ReadonlySet<string>;
  readonly spring: (reached: Reached) => void;
}

export class Points {
  readonly #traps = new Set<Trap>();
  readonly #seen = new Map<string, number>();
  /** Calls that are stopped now, so that nothing hangs when the trial ends. */
  readonly #stopped = new Set<(fate: Fate) => void>();

  /** How often a service came to the point. */
  seen(point: string, serviceId: string): number {
    return this.#seen.get(`${serviceId} ${point}`) ?? 0;
  }

  /** The next call at any of the points stops there. Null when none comes within the time. */
  async next(points: ReadonlySet<string>, limitMs: number): Promise<Reached | null> {
    let trap: Trap | undefined;
    let timer: NodeJS.Timeout | undefined;
    const reached = new Promise<Reached>((spring) => {
      trap = { points, spring };
      this.#traps.add(trap);
    });
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, limitMs, null);
    });
    try {
      return await Promise.race([reached, late]);
    } finally {
      clearTimeout(timer);
      if (trap) this.#traps.delete(trap);
    }
  }

  /** Called by a proxy for every call at one of its points. Goes on at once unless somebody waits for it. */
  async at(point: string, serviceId: string): Promise<Fate> {
    this.#seen.set(`${serviceId} ${point}`, this.seen(point, serviceId) + 1);
    const trap = [...this.#traps].find((each) => each.points.has(point));
    if (!trap) return 'goesOn';
    this.#traps.delete(trap);
    let mine: ((fate: Fate) => void) | undefined;
    const fate = new Promise<Fate>((release) => {
      mine = release;
      this.#stopped.add(release);
      trap.spring({ point, serviceId, release });
    });
    try {
      return await fate;
    } finally {
      if (mine) this.#stopped.delete(mine);
    }
  }

  letGo(): void {
    for (const release of this.#stopped) release('isLost');
  }
}
