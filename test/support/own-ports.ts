/**
 * Ports of its own for every program that the workers of a test run start at the same time. Each finds them in its data folder as those of
 * a run before, so that no two of them reach for the same free port, nor for one that the system hands to outgoing connections.
 */
import { mkdirSync } from 'node:fs';
import { USUAL_PORTS, writePorts, type Ports } from '../../src/embedded/stack-files.ts';

/** Below the ports of outgoing connections (from 32768 on Linux) and outside of those that the program picks by itself. */
const FIRST_PORT = 18_000;
const PORTS_OF_A_WORKER = 20;

/** Says in the data folder which ports its program is to try first: others than those of every other worker of this run. */
export function takeOwnPorts(dataDir: string): void {
  const firstPort = FIRST_PORT + Number(process.env['VITEST_POOL_ID'] ?? 0) * PORTS_OF_A_WORKER;
  const ports = Object.fromEntries(Object.keys(USUAL_PORTS).map((name, i) => [name, firstPort + i]));
  mkdirSync(dataDir, { recursive: true });
  writePorts(dataDir, ports as Ports);
}
