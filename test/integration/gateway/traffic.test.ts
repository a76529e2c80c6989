import { describe, expect, it, onTestFinished } from 'vitest';
import { loadRecordedOutcomes, startTraffic } from '../../../src/replay/index.ts';
import { reservePort } from '../../support/ports.ts';
import { feedbackTo, startReceiver } from './receiver.ts';
import { BASE, canary, gatewayFor, send, SERVICE, temporaryFolder, write } from './support.ts';

const upstream = loadRecordedOutcomes().upstream({ seed: 1, speed: 40 });

/** The most that a count has grown by within a second so far: what stood still for a while has done so in other seconds. */
function bestSecond(count: () => number): () => number {
  const seen: { readonly atMs: number; readonly n: number }[] = [];
  let best = 0;
  const timer = setInterval(() => {
    const [atMs, n] = [performance.now(), count()];
    seen.push({ atMs, n });
    const since = seen.findLast((each) => atMs - each.atMs >= 1_000);
    if (since) best = Math.max(best, ((n - since.n) * 1_000) / (atMs - since.atMs));
  }, 50);
  onTestFinished(() => clearInterval(timer));
  return () => best;
}

describe('the replayed traffic', () => {
  it('asks live queries over HTTP at more than 100 requests per second, all of them answered for', async () => {
    const receiver = await startReceiver();
    const emitters = [feedbackTo(receiver)];
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream, emitters });
    await send(gateway, 'POST', BASE, write());
    await send(gateway, 'PUT', SERVICE, canary(25));
    const traffic = startTraffic({
      gatewayUrl: gateway.url,
      serviceId: 'support-bot',
      seed: 1,
      runId: 'test',
    });
    const best = bestSecond(() => traffic.stats().sent);
    await expect.poll(() => traffic.stats().answered, { timeout: 100_000 }).toBeGreaterThan(600);
    await expect.poll(best, { timeout: 100_000 }).toBeGreaterThan(100);
    await traffic.stop();
    await gateway.close();
    const { sent, answered, failed, arms, scheduledPerSecond } = traffic.stats();
    expect({ answered, failed }).toEqual({ answered: sent, failed: 0 });
    expect(arms.stable + arms.candidate).toBe(answered);
    expect(Math.abs(arms.candidate / answered - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / answered));
    expect(scheduledPerSecond).toBeCloseTo(221.2, 1);
    expect(receiver.events).toHaveLength(answered);
  });

  it('goes on when the gateway goes away and comes back', async () => {
    const stateDir = await temporaryFolder();
    const port = await reservePort();
    const first = await gatewayFor({ stateDir, upstream, port });
    await send(first, 'POST', BASE, write());
    const traffic = startTraffic({ gatewayUrl: first.url, serviceId: 'support-bot', seed: 1 });
    onTestFinished(() => traffic.stop());
    await expect.poll(() => traffic.stats().answered, { timeout: 60_000 }).toBeGreaterThan(20);
    await first.close();
    await expect.poll(() => traffic.stats().failed, { timeout: 60_000 }).toBeGreaterThan(20);
    const { answered } = traffic.stats();
    await gatewayFor({ stateDir, upstream, port });
    await expect.poll(() => traffic.stats().answered, { timeout: 60_000 }).toBeGreaterThan(answered + 50);
  });

  it('ends with its signal', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream });
    await send(gateway, 'POST', BASE, write());
    const end = new AbortController();
    const { url } = gateway;
    const traffic = startTraffic({ gatewayUrl: url, serviceId: 'support-bot', seed: 1, signal: end.signal });
    await expect.poll(() => traffic.stats().sent, { timeout: 60_000 }).toBeGreaterThan(5);
    end.abort();
    const { sent, sentPerSecond } = traffic.stats();
    await expect
      .poll(async () => (await send(gateway, 'GET', '/health')).body, { timeout: 60_000 })
      .toMatchObject({
        requests: { answered: sent },
      });
    expect(traffic.stats()).toMatchObject({ sent, sentPerSecond });
  });
});
