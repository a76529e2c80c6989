/** Back-pressure: so many batches at once and no more, so that a slow database makes senders wait and not our memory grow. */
export interface InFlight {
  /** Takes a place, or answers false when all are taken. */
  enter(): boolean;
  isFull(): boolean;
  leave(): void;
}

export function createInFlight(limit: number): InFlight {
  let inside = 0;
  const isFull = (): boolean => inside >= limit;
  return {
    enter: () => {
      if (isFull()) return false;
      inside += 1;
      return true;
    },
    isFull,
    leave: () => {
      inside -= 1;
    },
  };
}
