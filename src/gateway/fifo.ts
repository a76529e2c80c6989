/**
 * A first-in, first-out queue whose `take` does not move what stays behind, however long it is.
 */
export interface Fifo<T> {
  push(item: T): void;
  /** Removes and returns the oldest `count` items, or all when there are fewer. */
  take(count: number): T[];
  length(): number;
}

export function createFifo<T>(): Fifo<T> {
  let items: T[] = [];
  let head = 0;
  return {
    push: (item) => {
      items.push(item);
    },
    take: (count) => {
      const taken = items.slice(head, head + count);
      head += taken.length;
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return taken;
    },
    length: () => items.length - head,
  };
}
