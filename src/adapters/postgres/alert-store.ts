/** Alerts and what was made of them. An alert is kept before its sender is answered, and each belongs to one delivery at most. */
import type { Alert } from '../../domain/alert.ts';
import type { AlertStore, ClaimedDelivery } from '../../ports/alerts.ts';
import type { Delivery, SentAlert, WaitingAlert } from '../../state/coalesce.ts';
import type { Database, Queryable } from './database.ts';
import { blamingNoValue } from './store-failure.ts';

interface Named {
  readonly service_id: string;
  readonly kind: string;
  readonly severity: SentAlert['severity'];
  readonly security: boolean;
}

const named = ({ service_id: serviceId, kind, severity, security }: Named) => ({
  serviceId,
  kind,
  severity,
  security,
});

export function createAlertStore(db: Database): AlertStore {
  return {
    record: (alerts, nowMs) =>
      db
        .transaction((tx) => record(tx, alerts, nowMs))
        .catch((error: unknown) => {
          throw blamingNoValue(error);
        }),

    assign: (decide, { nowMs, latelyMs, limit }) =>
      db.transaction(async (tx) => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('alerts: assign', 0))`);
        const waiting = await waitingAlerts(tx, limit);
        if (waiting.length === 0) return { nextAtMs: null, more: false };
        const lately = await sentSince(tx, nowMs - latelyMs);
        const { deliveries, nextAtMs } = decide(waiting, lately);
        for (const delivery of deliveries) await assign(tx, delivery, nowMs);
        // What was read to the limit and left waiting will be due by itself; only what was not read has to be read now.
        return { nextAtMs, more: waiting.length === limit && deliveries.length > 0 };
      }),

    claim: async ({ nowMs, claimMs, limit }) => {
      const rows = await db.query<
        Named & {
          readonly no: number;
          readonly alerts: number;
          readonly tries: number;
          readonly message_id: string;
          readonly raised_at_ms: number | null;
        }
      >(
        `UPDATE alert_deliveries SET tries = tries + 1, next_try_at_ms = $1::bigint + $2
         WHERE no IN (
           SELECT no FROM alert_deliveries WHERE delivered_at_ms IS NULL AND next_try_at_ms <= $1
           ORDER BY (security OR severity = 'critical') DESC, no LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING no, service_id, kind, severity, security, alerts, tries, message_id, raised_at_ms`,
        [nowMs, claimMs, limit],
      );
      return rows.map(({ no, alerts, tries, message_id, raised_at_ms, ...rest }): ClaimedDelivery => ({
        ...named(rest),
        no,
        alerts,
        tries,
        messageId: message_id,
        raisedAtMs: raised_at_ms,
      }));
    },

    delivered: async (no, to, nowMs) => {
      await db.query(
        `UPDATE alert_deliveries SET delivered_at_ms = $2, delivered_to = $3, last_error = NULL
         WHERE no = $1 AND delivered_at_ms IS NULL`,
        [no, nowMs, to],
      );
    },

    failed: async (no, why, nextTryAtMs) => {
      await db.query(
        `UPDATE alert_deliveries SET last_error = $2, next_try_at_ms = $3 WHERE no = $1 AND delivered_at_ms IS NULL`,
        [no, why.replaceAll('\0', '\uFFFD').slice(0, 2_000), nextTryAtMs],
      );
    },

    nextTryAtMs: async () => {
      const [row] = await db.query<{ readonly at_ms: number | null }>(
        'SELECT min(next_try_at_ms) AS at_ms FROM alert_deliveries WHERE delivered_at_ms IS NULL',
      );
      return row?.at_ms ?? null;
    },
  };
}

async function record(tx: Queryable, alerts: readonly Alert[], nowMs: number) {
  const rows = alerts.flatMap((alert) => alert.services.map((serviceId) => ({ alert, serviceId })));
  const inserted = await tx.query<{ readonly source: string; readonly id: string; readonly state: string }>(
    `INSERT INTO alerts (source, id, service_id, kind, severity, security, received_at_ms, raised_at_ms, data, state)
     SELECT n.source, n.id, n.service_id, n.kind, n.severity, n.security, $8, n.raised_at_ms, n.data,
       CASE WHEN s.adopted_at_ms IS NULL THEN 'unknownService' ELSE 'waiting' END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::json[], $9::bigint[])
       AS n(source, id, service_id, kind, severity, security, data, raised_at_ms)
     LEFT JOIN services s ON s.service_id = n.service_id
     ON CONFLICT (source, id, service_id) DO NOTHING
     RETURNING source, id, state`,
    [
      rows.map(({ alert }) => alert.source),
      rows.map(({ alert }) => alert.id),
      rows.map(({ serviceId }) => serviceId),
      rows.map(({ alert }) => alert.kind),
      rows.map(({ alert }) => alert.severity),
      rows.map(({ alert }) => alert.security),
      rows.map(({ alert }) => JSON.stringify(alert.data ?? null)),
      nowMs,
      rows.map(({ alert }) => alert.raisedAtMs),
    ],
  );
  const keyOf = ({ source, id }: { readonly source: string; readonly id: string }): string =>
    JSON.stringify([source, id]);
  const fresh = new Set(inserted.map(keyOf));
  const known = new Set(inserted.filter(({ state }) => state === 'waiting').map(keyOf));
  return {
    stored: fresh.size,
    duplicates: alerts.length - fresh.size,
    unknownService: fresh.size - known.size,
  };
}

async function waitingAlerts(tx: Queryable, limit: number): Promise<readonly WaitingAlert[]> {
  const rows = await tx.query<
    Named & { readonly no: number; readonly received_at_ms: number; readonly raised_at_ms: number }
  >(
    `SELECT no, service_id, kind, severity, security, received_at_ms,
       coalesce(raised_at_ms, received_at_ms) AS raised_at_ms FROM alerts WHERE state = 'waiting'
     ORDER BY (security OR severity = 'critical') DESC, no LIMIT $1`,
    [limit],
  );
  return rows.map(({ no, received_at_ms, raised_at_ms, ...rest }) => ({
    ...named(rest),
    no,
    receivedAtMs: received_at_ms,
    raisedAtMs: raised_at_ms,
  }));
}

async function sentSince(tx: Queryable, sinceMs: number): Promise<readonly SentAlert[]> {
  const rows = await tx.query<Named & { readonly assigned_at_ms: number; readonly raised_at_ms: number }>(
    `SELECT service_id, kind, severity, security, assigned_at_ms, coalesce(raised_at_ms, assigned_at_ms) AS raised_at_ms
     FROM alert_deliveries WHERE assigned_at_ms > $1`,
    [sinceMs],
  );
  return rows.map(({ assigned_at_ms, raised_at_ms, ...rest }) => ({
    ...named(rest),
    atMs: assigned_at_ms,
    raisedAtMs: raised_at_ms,
  }));
}

/** Only waiting alerts are looked at: their partial index stays small, the table keeps what was sent before. */
async function assign(tx: Queryable, delivery: Delivery, nowMs: number): Promise<void> {
  const { serviceId, kind, severity, security, alertNos, messageId, raisedAtMs } = delivery;
  await tx.query(
    `WITH made AS (
       INSERT INTO alert_deliveries
         (service_id, kind, severity, security, alerts, message_id, assigned_at_ms, next_try_at_ms, raised_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $9) RETURNING no)
     UPDATE alerts SET state = 'assigned', delivery_no = made.no FROM made
     WHERE alerts.no = ANY ($8::bigint[]) AND alerts.state = 'waiting'`,
    [serviceId, kind, severity, security, alertNos.length, messageId, nowMs, alertNos, raisedAtMs],
  );
}
