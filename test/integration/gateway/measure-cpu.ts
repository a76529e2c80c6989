/**
 * Measures what gateway and traffic cost together at the default speed: `npx tsx test/integration/gateway/measure-cpu.ts`
 * prints per cent of one core over 20 s, and whether every request was answered and reported. The receiver of the
 * events is a process of its own and not counted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createFeedbackEmitter, createOtlpEmitter, startGateway } from '../../../src/gateway/index.ts';
import { DEFAULT_SPEED, loadRecordedOutcomes, startTraffic } from '../../../src/replay/index.ts';

const WARM_UP_MS = 5_000;
const MEASURED_MS = 20_000;
const SINK = `require('node:http').createServer((q, r) => q.resume().on('end', () => r.end())).listen(0, '127.0.0.1',
  function () { console.log('http://127.0.0.1:' + this.address().port) })`;

const sink = spawn(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'inherit'] });
const [ingestUrl] = (await once(createInterface(sink.stdout), 'line')) as [string];
const logger = pino({ level: 'warn' });
const feedback = createFeedbackEmitter({ ingestUrl, logger });
const gateway = await startGateway({
  host: '127.0.0.1',
  port: 0,
  stateDir: await mkdtemp(join(tmpdir(), 'gateway-cpu-')),
  upstream: loadRecordedOutcomes().upstream({ seed: 1, speed: DEFAULT_SPEED }),
  emitters: [feedback, createOtlpEmitter({ url: ingestUrl, logger })],
  logger,
});
const write = async (strategy: string, pct: number, generation: number, model: string): Promise<void> => {
  const response = await fetch(`${gateway.url}/api/v1/configurations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      service_id: 'support-bot',
      configuration: { model },
      deployment: { strategy, initial_percentage: pct },
      generation,
      revision: 0,
      idempotency_key: 'measure',
    }),
  });
  if (!response.ok) throw new Error(await response.text());
};
await write('IMMEDIATE', 100, 1, 'gpt-4o-2024-05-13');
await write('CANARY', 25, 2, 'claude-3-5-haiku');

const traffic = startTraffic({ gatewayUrl: gateway.url, serviceId: 'support-bot', seed: 1 });
await delay(WARM_UP_MS);
const [cpuBefore, sentBefore, startedMs] = [process.cpuUsage(), traffic.stats().sent, performance.now()];
await delay(MEASURED_MS);
const cpu = process.cpuUsage(cpuBefore);
const elapsedMs = performance.now() - startedMs;
const perSecond = ((traffic.stats().sent - sentBefore) / elapsedMs) * 1000;
const cpuPct = ((cpu.user + cpu.system) / 1000 / elapsedMs) * 100;
await traffic.stop();
await gateway.close();
sink.kill();
console.log(`${cpuPct.toFixed(1)} % of one core at ${perSecond.toFixed(0)} requests/s`);
console.log(JSON.stringify({ traffic: traffic.stats(), feedback: feedback.stats() }));
