// The two small files in the data folder: `stack.json` remembers ports between runs, `stack.lock.json` says what runs now.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Ports that are tried first: those that `tctl`, `temporal` and OpenTelemetry exporters use unasked. */
export const USUAL_PORTS = {
  temporal: 7233,
  temporalUi: 8233,
  postgres: 54329,
  gateway: 8081,
  otlpHttp: 4318,
  otlpGrpc: 4317,
  api: 8080,
} as const;

export type PortName = keyof typeof USUAL_PORTS;
export type Ports = Readonly<Record<PortName, number>>;

const port = z.int().min(0).max(65535);
const remembered = z.object({
  version: z.literal(1),
  ports: z.object({
    temporal: port,
    temporalUi: port,
    postgres: port,
    gateway: port,
    otlpHttp: port,
    otlpGrpc: port,
    api: port,
  }),
});

const child = z.object({
  pid: z.int().positive(),
  token: z.string(),
  args: z.array(z.string()).readonly(),
  ports: z.array(port).readonly(),
  /** Set when the server was told to end, so that nobody takes over one that is on its way out. */
  stopping: z.boolean(),
});
const lockNotes = z.object({
  children: z.object({ temporal: child.optional(), postgres: child.optional() }),
});

/** A server process as the lock file records it: `args` are those it was started with, `ports` those it listens on. */
export type ChildRecord = z.infer<typeof child>;
export type ChildName = keyof z.infer<typeof lockNotes>['children'];

/** The children that a dead holder of the lock left, as far as its notes can be read. */
export function childrenLeft(notes: unknown): Partial<Record<ChildName, ChildRecord>> {
  const { temporal, postgres } = lockNotes.safeParse(notes).data?.children ?? {};
  return { ...(temporal && { temporal }), ...(postgres && { postgres }) };
}

/** Ports of the run before; `undefined` when there was none (or its file cannot be read: ports are only a preference). */
export function readPorts(dataDir: string): Ports | undefined {
  try {
    return remembered.safeParse(JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8'))).data?.ports;
  } catch {
    return undefined;
  }
}

export function writePorts(dataDir: string, ports: Ports): void {
  const path = join(dataDir, 'stack.json');
  writeFileSync(`${path}.new`, `${JSON.stringify({ version: 1, ports }, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}
