/** The name of a configuration's content. */
import { canonicalJson } from '../src/decision/index.ts';
import type { Configuration } from '../src/domain/orchestrator-wire.ts';
import type { ActivityPorts } from './ports.ts';

/** sha256 of the canonical JSON of a configuration. */
export function hashOf(ports: Pick<ActivityPorts, 'hash'>, configuration: Configuration): string {
  return ports.hash(canonicalJson(configuration));
}
