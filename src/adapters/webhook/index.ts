/** Tells people by webhook: one CloudEvent a notice. */
export { createWebhookNotifier, type WebhookOptions } from './webhook-notifier.ts';
