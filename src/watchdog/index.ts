/** The watchdog: keeps the leases of products that know none. It needs the products alone, neither Temporal nor a database. */
export { startWatchdog, type RunningWatchdog, type WatchdogOptions } from './start-watchdog.ts';
export { readTargets, readWatch, type WatchTarget } from './targets.ts';
