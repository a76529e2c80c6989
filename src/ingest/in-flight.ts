/** Back-pressure: so many batches at once and no more, so that a slow database makes senders wait and not our memory grow. */
export interface InFlight {
  /** Takes a place, or answers false when all are taken. */
  enter(): boolean;
  leave(): void;
}

export function createInFlight(limit: number): InFlight {
  let inside = 0;
  return {
    enter: () => {
      if (inside >= limit) return false;
      inside += 1;
      return true;
    },
    leave: () => {
      inside -= 1;
    },
  };
}
