/** Tells people, by their webhooks. */
import type { Notice } from '../domain/notice.ts';

export interface Notifier {
  /** Sends once. Throws when the address does not take it; the same notice again carries the same id. */
  send(webhook: string, notice: Notice): Promise<void>;
}
