/** OTLP metrics exports in JSON, as a sender without an SDK writes them. */
export const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** 1 delta, 2 cumulative; what is none, too. */
export const counter = (
  name: string | undefined,
  dataPoints: readonly object[],
  aggregationTemporality: number | string = 2,
) => ({
  name,
  sum: { aggregationTemporality, isMonotonic: true, dataPoints },
});

export const metricsRequest = (
  metrics: readonly object[],
  resource: readonly object[] = [attribute('service.name', 'bot')],
) => ({
  resourceMetrics: [
    { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 's' }, metrics }] },
  ],
});

/** Nanoseconds since the epoch, so many seconds before `nowMs`. */
export const nanosBefore = (nowMs: number, seconds: number): string =>
  `${nowMs - Math.round(seconds * 1_000)}000000`;

/** Posts an export to the receiver of metrics. */
export async function postMetrics(
  httpUrl: string,
  export_: object,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${httpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(export_),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
