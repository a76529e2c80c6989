// docker-compose.yml starts the program as it is: every role, flag, file and variable in it must be there. Compose's own checker: `prove -- compose`.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KAFKA_VARIABLES } from '../../../src/config/kafka-settings.ts';

const top = new URL('../../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, top), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}
const { services, volumes } = parse(textOf('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const main = textOf('workers/main.ts');
const ours = Object.entries(services).filter(([, { image }]) => image === 'llm-auto-optimizer');

describe('docker-compose.yml', () => {
  it('runs every role but the watchdog, which is for products that keep no leases', () => {
    const roles = ours.flatMap(([, { command = [] }]) =>
      command.filter((word) => word.startsWith('--roles=')).flatMap((word) => word.slice(8).split(',')),
    );
    expect(roles.toSorted()).toEqual(['activity', 'gateway', 'ingest', 'workflow']);
    for (const role of roles) expect(main).toContain(`'${role}'`);
  });

  it.each(ours)('%s: starts a file of the build with flags that it has', (_, { command = [] }) => {
    const [file = '', ...flags] = command;
    expect(existsSync(new URL(file.replace(/^dist\//u, '').replace(/\.js$/u, '.ts'), top))).toBe(true);
    for (const flag of flags) expect(main).toContain(`'${flag.replace(/=.*$/u, '')} <`);
  });

  it.each(ours)('%s: sets variables that are read', (_, { environment = {} }) => {
    const known = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'LOG_LEVEL', ...KAFKA_VARIABLES];
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
  });

  it.each(Object.entries(services))('%s: waits for, mounts and publishes what there is', (_, service) => {
    for (const name of Object.keys(service.depends_on ?? {})) expect(Object.keys(services)).toContain(name);
    for (const [from = ''] of (service.volumes ?? []).map((volume) => volume.split(':'))) {
      expect(from.startsWith('./') ? existsSync(new URL(from, top)) : from in volumes).toBe(true);
    }
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/u);
  });
});

describe('deploy/Dockerfile', () => {
  const dockerfile = textOf('deploy/Dockerfile');

  it('copies every folder that the build reads', () => {
    const { include } = JSON.parse(textOf('tsconfig.build.json')) as { readonly include: readonly string[] };
    for (const folder of include) expect(dockerfile).toContain(`COPY ${folder} ${folder}\n`);
  });

  it('ends as nobody special, on glibc', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM'));
    expect(last).toMatch(/^USER node$/mu);
    expect(last).toMatch(/^FROM node:\d+-bookworm-slim$/mu);
  });
});
