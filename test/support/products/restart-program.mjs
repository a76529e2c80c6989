// Ends the program whose number is in FOLDER/pid, and starts COMMAND ARGS in its place: `restart-program.mjs FOLDER [COMMAND ARGS]`.
// What an operator's service manager does. Without a command it only ends it.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const [folder = '', command, ...args] = process.argv.slice(2);
const pidFile = join(folder, 'pid');

/** One that has ended and that nobody has collected, as in a container, is dead. */
const isZombie = (pid) => {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
};
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
};

if (existsSync(pidFile)) {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (isAlive(pid)) process.kill(-pid, 'SIGKILL');
  while (isAlive(pid)) await wait(20);
}
if (command !== undefined) {
  const log = openSync(join(folder, 'program.log'), 'a');
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
  });
  closeSync(log);
  writeFileSync(pidFile, String(child.pid));
  child.unref();
}
