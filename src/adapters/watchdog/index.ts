/** Asks a watchdog over HTTP what it watches. */
export { createWatchdogs, type WatchdogsOptions } from './ask-watchdog.ts';
