/** The exact commands to try while the embedded run stays up, for `tctl` and for `temporal`. */
export function tryNext(of: {
  readonly serviceId: string;
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly gatewayUrl: string;
}): string[] {
  const tctl = `tctl --address ${of.address} --namespace ${of.namespace} workflow`;
  const temporal = `temporal workflow --address ${of.address} --namespace ${of.namespace}`;
  const rollout = `rollout/${of.serviceId}`;
  const change = `{"serviceId":"${of.serviceId}","change":{"model":"claude-3-5-haiku"},"steps":[5,25,50,100],"soak":"15m"}`;
  const back = '{"by":"you","reason":"complaints"}';
  const restore = `{"serviceId":"${of.serviceId}","to":"previous","by":"you","reason":"complaints"}`;
  const [verb, ...rest] = temporal.split(' ').slice(1);
  const t = (command: string) => `temporal ${verb} ${command} ${rest.join(' ')}`;
  return [
    ...(of.uiUrl === null ? [] : [`Temporal UI: ${of.uiUrl}/namespaces/${of.namespace}/workflows`]),
    `Gateway:     ${of.gatewayUrl}/api/v1/configurations/${of.serviceId}`,
    '',
    'Try from another terminal, with tctl:',
    `  ${tctl} start --taskqueue llm-optimizer --workflow_type canaryRollout --workflow_id ${rollout} --input '${change}'`,
    `  ${tctl} query --workflow_id ${rollout} --query_type state`,
    `  ${tctl} signal --workflow_id ${rollout} --name rollback --input '${back}'`,
    `  ${tctl} start --taskqueue llm-optimizer --workflow_type restoreConfiguration --workflow_id restore/${of.serviceId} --input '${restore}'`,
    'or with temporal:',
    `  ${t('start')} --fail-existing --task-queue llm-optimizer --type canaryRollout --workflow-id ${rollout} --input '${change}'`,
    `  ${t('query')} --workflow-id ${rollout} --type state`,
    `  ${t('signal')} --workflow-id ${rollout} --name rollback --input '${back}'`,
    `  ${t('update execute')} --workflow-id ${rollout} --name pause --input '{"by":"you","reason":"lunch"}'`,
    '',
    'Ctrl-C ends everything; the next start continues from here.',
  ];
}
