/** The file driver, with a reader that follows the documented rule, for the conformance suite. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  chooseFromFile,
  createFileOrchestrator,
  readConfigurationFile,
} from '../../../src/adapters/file-orchestrator/index.ts';
import type { DriverStart } from './driver-under-test.ts';

export const file: DriverStart = {
  name: 'file',
  network: false,
  experiments: true,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'file-orchestrator-'));
    const served = async (serviceId: string, unitId: string): Promise<string> => {
      const found = await readConfigurationFile(folder, serviceId);
      if (!found) throw new Error(`no file of ${serviceId}`);
      return chooseFromFile(found.file, unitId, Date.now())['model'] ?? '';
    };
    return {
      orchestrator: createFileOrchestrator({ url: pathToFileURL(folder).href }),
      createService: (serviceId, stable) =>
        writeFile(
          join(folder, `${serviceId}.json`),
          JSON.stringify({
            format: 1,
            service_id: serviceId,
            unit: 'user',
            salt: 'salt',
            stable,
            candidate: null,
            weight_pct: 0,
            lease_expires_at: null,
          }),
        ),
      answers: async (serviceId, n) => {
        const counts = new Map<string, number>();
        for (let i = 0; i < n; i++) {
          const model = await served(serviceId, `user-${i}`);
          counts.set(model, (counts.get(model) ?? 0) + 1);
        }
        return counts;
      },
      servedTo: (serviceId, unitIds) => Promise.all(unitIds.map((unitId) => served(serviceId, unitId))),
      byHand: async (serviceId, weightPct) => {
        const path = join(folder, `${serviceId}.json`);
        const content = JSON.parse(await readFile(path, 'utf8')) as object;
        await writeFile(path, JSON.stringify({ ...content, weight_pct: weightPct }));
      },
      unservable: {
        configuration: { model: '' },
        problem: { field: 'model', value: '', expected: 'the name of a model' },
      },
      close: () => rm(folder, { recursive: true }),
    };
  },
};
