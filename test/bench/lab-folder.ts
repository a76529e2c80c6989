/** A data folder for one bench, that every user may enter: root's PostgreSQL runs as another user. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-bench-'));
  chmodSync(folder, 0o755);
  return folder;
}
