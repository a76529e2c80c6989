import { describe, expect, it } from 'vitest';
import { attribute, unattributedService } from '../../../src/ingest/events/attribute.ts';
import type { Serving } from '../../../src/ports/windows.ts';
import { feedbackEvent } from '../../support/feedback.ts';

const both: Serving = {
  stable: { generation: 1, model: 'openai/gpt-4o' },
  candidate: { generation: 2, model: 'openai/gpt-4o-mini' },
};
const alike: Serving = { stable: both.stable, candidate: { generation: 2, model: 'openai/gpt-4o' } };
const alone: Serving = { stable: both.stable, candidate: null };

const { arm: _arm, generation: _generation, ...told } = feedbackEvent('e').data;
const event = (more: Record<string, unknown>) => ({ ...told, ...more });

describe('an event that names neither arm nor generation', () => {
  it.each([
    ['the stable model', { model: 'openai/gpt-4o' }, both, { arm: 'stable', generation: 1 }],
    ['the candidate model', { model: 'openai/gpt-4o-mini' }, both, { arm: 'candidate', generation: 2 }],
    [
      'the candidate deployment, one model',
      { model: 'openai/gpt-4o', deployment: 'chat-candidate' },
      alike,
      { arm: 'candidate', generation: 2 },
    ],
    [
      'the other deployment, one model',
      { model: 'openai/gpt-4o', deployment: '7ade8e' },
      alike,
      { arm: 'stable', generation: 1 },
    ],
    ['no change being tried', { model: 'openai/gpt-4o' }, alone, { arm: 'stable', generation: 1 }],
  ])('%s: is told by what is recorded as serving', (_, more, serving, expected) => {
    const { deployment: _deployment, ...rest } = event(more) as Record<string, unknown>;
    expect(attribute(event(more), serving)).toEqual({ ok: true, data: { ...rest, ...expected } });
  });

  it.each([
    ['a model that both serve', { model: 'openai/gpt-4o' }, alike],
    ['a model that nobody serves', { model: 'openai/o3' }, both],
    ['a candidate after it was taken back', { model: 'openai/gpt-4o-mini' }, alone],
    ['a candidate deployment after it was taken back', { deployment: 'chat-candidate' }, alone],
    ['a service that is not recorded', { model: 'openai/gpt-4o' }, undefined],
  ])('%s: is refused, never guessed', (_, more, serving) => {
    expect(attribute(event(more), serving)).toMatchObject({ ok: false, problem: { field: 'arm' } });
  });
});

it.each([
  [feedbackEvent('e').data],
  [event({ arm: 'stable' })],
  [event({ generation: 1 })],
  [null],
  [[]],
  ['x'],
])('what names its arm, or is no event, is left as it is', (data) => {
  expect(unattributedService(data)).toBeNull();
  expect(attribute(data, both)).toEqual({ ok: true, data });
});
