// What the embedded stack takes and gives. Types only.
import type { Env } from './cache-folder.ts';

export interface EmbeddedStackOptions {
  /** Everything that outlives a run is in here; it is created. */
  readonly dataDir: string;
  /** `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE` and `DATABASE_URL` name servers that are there already; `PATH`, `HOME` and the cache's variables are read too. */
  readonly env: Env;
  /** Gets one line at a time, also after the start: when a server ends unasked. */
  readonly onProgress: (line: string) => void;
  /** Interrupts the start, not the running stack. */
  readonly signal?: AbortSignal | undefined;
  /** On a new data folder: the ports that Temporal's and OpenTelemetry's tools use unasked, where free (`usual`, the default), or `any`. */
  readonly ports?: 'usual' | 'any';
}

export interface EmbeddedStack {
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | null;
    readonly owned: boolean;
  };
  readonly postgres: { readonly url: string; readonly owned: boolean };
  /** Free when the stack started; the caller's to bind. */
  readonly ports: {
    readonly gateway: number;
    readonly otlpHttp: number;
    readonly otlpGrpc: number;
    readonly api: number;
  };
  /** True when the data folder was in use before. */
  readonly resumed: boolean;
  /** Ends Temporal, then PostgreSQL, and waits for both. A second call waits for the first. */
  stop(): Promise<void>;
}

/** Servers that are there already; the others are ours to run. */
export interface External {
  readonly temporalAddress: string | undefined;
  readonly databaseUrl: string | undefined;
}
