// The `temporal` command for tests: the very one that the embedded stack runs.
import { findTemporalCli } from '../../../src/embedded/index.ts';
import { FETCH, once } from './once.ts';

/** Path of the `temporal` command line client. Throws EmbeddedStackError when it cannot be had. */
export const temporalPath = once(async () => (await findTemporalCli(FETCH)).path);
