/** How a Kafka cluster is reached. Types only; where the values come from is `src/config/kafka-settings.ts`. */

export interface KafkaSettings {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Null: no TLS. */
  readonly tls: KafkaTls | null;
  /** Null: nobody is asked who they are. */
  readonly sasl: KafkaSasl | null;
}

/** PEM texts; what is left out is the system's own. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaSasl {
  readonly mechanism: (typeof SASL_MECHANISMS)[number];
  readonly username: string;
  readonly password: string;
}
