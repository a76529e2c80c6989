/** Asks a watchdog over HTTP what it watches. */
export { createWatchdogs } from './ask-watchdog.ts';
