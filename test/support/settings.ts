/** Service settings for tests: every default, and what the test names. */
import { serviceSettingsSchema, type ServiceSettings } from '../../src/domain/service-settings.ts';

export const testSettings = (serviceId: string, more: Record<string, unknown> = {}): ServiceSettings =>
  serviceSettingsSchema.parse({ serviceId, orchestrator: { url: 'http://127.0.0.1:1' }, ...more });
