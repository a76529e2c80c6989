/**
 * Ports of its own for a program that a test starts, and starts again. It finds them in its data folder as those of a run before, so that no two programs of
 * a test run reach for the same free port, also while one of them is away.
 */
import { mkdirSync } from 'node:fs';
import { USUAL_PORTS, writePorts, type Ports } from '../../src/embedded/stack-files.ts';
import { reservePorts } from './ports.ts';

/** Says in the data folder which ports its program is to try first; they are its own until the process of the test ends. */
export async function takeOwnPorts(dataDir: string): Promise<void> {
  const names = Object.keys(USUAL_PORTS);
  const reserved = await reservePorts(names.length);
  const ports = Object.fromEntries(names.map((name, i) => [name, reserved[i]]));
  mkdirSync(dataDir, { recursive: true });
  writePorts(dataDir, ports as Ports);
}
