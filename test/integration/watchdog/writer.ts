/** A worker as far as a gateway can see one: sets a candidate and renews its lease, until it is killed. */
import { createLitellmOrchestrator } from '../../../src/adapters/litellm-orchestrator/index.ts';

const [, , url = '', leaseMs = ''] = process.argv;
const orchestrator = createLitellmOrchestrator({
  url,
  route: 'chat',
  key: process.env['LITELLM_MASTER_KEY'] ?? null,
});
for (let revision = 1; ; revision++) {
  await orchestrator.setCandidate({
    serviceId: 'support-bot',
    generation: 2,
    revision,
    idempotencyKey: `writer/2/${revision}`,
    configuration: { model: 'openai/gpt-4o-mini' },
    weightPct: 25,
    leaseMs: Number(leaseMs),
  });
  process.send?.(revision);
  await new Promise((resolve) => setTimeout(resolve, Number(leaseMs) / 3));
}
