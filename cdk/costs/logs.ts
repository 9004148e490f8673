import { ConfigurationError } from '../configuration-error.ts';
import type { Deployed } from './deployed.ts';

/** Typical values of what our access logs have. */
const VALUES: Readonly<Record<string, string>> = {
  'identity.apiKeyId': 'k3y7d9q2ab',
  'identity.sourceIp': '203.0.113.101',
  httpMethod: 'GET',
  integrationErrorMessage: '-',
  integrationLatency: '10',
  requestId: 'JKJaXmPLvHcESHA=',
  requestTime: '20/Nov/2026:09:30:00 +0000',
  resourcePath: '/v1/orders/{order_id}/location',
  responseLatency: '12',
  routeKey: 'POST /v1/webhooks/radar',
  status: '202',
};

/** Bytes of a line of a stage's access log. */
export function accessLine(stage: {
  AccessLogSettings?: { Format: string };
  AccessLogSetting?: { Format: string };
}): number {
  const settings = stage.AccessLogSettings ?? stage.AccessLogSetting;
  const line = (settings?.Format ?? '').replaceAll(/\$context\.([\w.]+)/g, (_, name) => {
    const value = VALUES[name];
    if (value === undefined) {
      throw new ConfigurationError(`the cost model knows no typical value of $context.${name}`);
    }
    return value;
  });
  return line.length;
}

/** The price of a gigabyte in a log group of its class. */
export function logPrice(deployed: Deployed, id: string): string {
  const group = deployed.one('AWS::Logs::LogGroup', id);
  return group.LogGroupClass === 'INFREQUENT_ACCESS' ? 'logs-infrequent-gb' : 'logs-gb';
}
