/**
 * Posts a notice as a structured CloudEvent 1.0. The event's id is the notice's, so whoever takes it twice can tell. The address is
 * the service's own setting; redirects are not followed, and nothing of an answer but its status is read.
 */
import type { Notifier } from '../../ports/notifier.ts';

export interface WebhookOptions {
  /** For a whole answer; 5 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;

export function createWebhookNotifier({ timeoutMs = DEFAULT_TIMEOUT_MS }: WebhookOptions = {}): Notifier {
  return {
    send: async (webhook, notice) => {
      const { id, kind, serviceId, atMs, ...data } = notice;
      const change = notice.workflowId.startsWith('experiment/') ? 'experiment' : 'rollout';
      const response = await fetch(webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify({
          specversion: '1.0',
          id,
          source: 'llm-optimizer',
          type: `com.llmdevops.optimizer.${change}.${kind}.v1`,
          subject: serviceId,
          time: new Date(atMs).toISOString(),
          datacontenttype: 'application/json',
          data: { service: serviceId, ...data },
        }),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${new URL(webhook).host} answered ${response.status}`);
    },
  };
}
