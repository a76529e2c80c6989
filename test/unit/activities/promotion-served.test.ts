/** Whether a promotion over several targets is still served, while some of them are away. */
import { expect, it } from 'vitest';
import { promoteCandidate } from '../../../activities/control.ts';
import { promotionServed } from '../../../activities/promotion-served.ts';
import { ALL_PROMOTED, SeveralTargets } from './several-targets-world.ts';

/** Promoted under generation 2, and how to ask whether it is served. */
async function promoted() {
  const world = new SeveralTargets();
  const write = world.next();
  await world.composite.setCandidate({
    ...write,
    configuration: (await world.ports.configurations.get('support-bot', 2))?.body ?? { model: '' },
    weightPct: 100,
    leaseMs: 600_000,
  });
  await promoteCandidate(world.ports, world.next());
  expect(world.served()).toEqual(ALL_PROMOTED);
  return { world, ask: () => promotionServed(world.ports, { input: write }) };
}

const isAway = (what: string) =>
  what === 'read' ? ({ when: 'before', type: 'OrchestratorUnavailable' } as const) : null;

it.each(['cache', 'limits', 'route'] as const)(
  'is served as the others say while %s is away',
  async (name) => {
    const { world, ask } = await promoted();
    world[name].fault = isAway;
    expect(await ask()).toEqual({ kind: 'served', generation: 2 });
  },
);

it('is gone when one that answers serves something else, whoever is away', async () => {
  const { world, ask } = await promoted();
  world.cache.fault = isAway;
  await world.limits.setStable({
    serviceId: 'support-bot',
    generation: 9,
    revision: 1,
    idempotencyKey: 'by hand',
    configuration: { model: 'new', rpm: '7' },
  });
  expect(await ask()).toEqual({ kind: 'gone', reason: 'generation 9 is stable now' });
});

it('is not known when none answers', async () => {
  const { world, ask } = await promoted();
  for (const target of world.targets) target.fault = isAway;
  await expect(ask()).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
});
