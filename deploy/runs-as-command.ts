// Tells a file that is run from a file that is imported.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** True when Node was started with the file of this URL. */
export function runsAsCommand(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
