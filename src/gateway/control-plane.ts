/** The REST configuration contract (`src/domain/orchestrator-wire.ts`) over HTTP. Routes only. */
import type { FastifyInstance } from 'fastify';
import type { ConfigurationApi } from './configuration-api.ts';

interface ServiceRoute {
  Params: { readonly serviceId: string };
}

const BASE = '/api/v1/configurations';

export function serveControlPlane(app: FastifyInstance, api: ConfigurationApi): void {
  app.post(BASE, async (request, reply) => {
    const { created, live } = await api.create(request.body);
    return reply.code(created ? 201 : 200).send(live);
  });
  app.get<ServiceRoute>(`${BASE}/:serviceId`, (request) => api.read(request.params.serviceId));
  app.put<ServiceRoute>(`${BASE}/:serviceId`, (request) =>
    api.update(request.params.serviceId, request.body),
  );
  app.post<ServiceRoute>(`${BASE}/:serviceId/rollback`, (request) =>
    api.rollback(request.params.serviceId, request.body),
  );
  app.delete<ServiceRoute>(`${BASE}/:serviceId`, async (request) => {
    const { serviceId } = request.params;
    return { service_id: serviceId, deleted: true, ...(await api.remove(serviceId, request.body)) };
  });
  app.post<ServiceRoute>(`${BASE}/:serviceId/validate`, (request) => {
    const problems = api.validate(request.params.serviceId, request.body);
    return { valid: problems.length === 0, problems };
  });
}
