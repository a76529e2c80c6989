// What the driver says when its limits are met is an outage, which is tried again, and no mistake in what was sent.
import { expect, it } from 'vitest';
import { toStoreFailure } from '../../../src/adapters/postgres/store-failure.ts';

it.each([
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
])('"%s" of the driver is an outage', (message) => {
  expect(toStoreFailure(new Error(message))).toMatchObject({ type: 'StoreUnavailable' });
});
