/** The parts of a process that have been started, to be stopped in the opposite order. */
import type { Logger } from '../src/config/log.ts';

export class Running {
  readonly #logger: Logger;
  readonly #parts: { readonly name: string; readonly stop: () => Promise<unknown> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, stop: () => Promise<unknown>): void {
    this.#parts.unshift({ name, stop });
  }

  /** Stops everything, newest first. What does not stop cleanly is logged and does not keep the rest. */
  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0)) {
      await part.stop().catch((error: unknown) => {
        this.#logger.error({ err: error }, `${part.name} did not stop cleanly`);
      });
    }
  }
}
