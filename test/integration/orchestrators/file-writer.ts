/** A process that raises a candidate's revision as fast as it can, until it is killed. */
import { createFileOrchestrator } from '../../../src/adapters/file-orchestrator/index.ts';

const orchestrator = createFileOrchestrator({ url: process.argv[2] ?? '' });
process.send?.('ready');
for (let revision = 1; ; revision++) {
  await orchestrator.setCandidate({
    serviceId: 'bot',
    generation: 2,
    revision,
    idempotencyKey: `writer/${revision}`,
    configuration: { model: 'claude-3-5-haiku' },
    weightPct: 1 + (revision % 50),
    leaseMs: 60_000,
  });
}
