import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { withoutHash } from './readable.ts';
import { inProd, synthesize } from './synthesized.ts';

test.each(environments)('every log group of $name expires its lines', (environment) => {
  const groups = synthesize(environment).resources('AWS::Logs::LogGroup');
  expect([...groups.keys()].map(withoutHash).sort()).toEqual([
    'AggregatorDailyLog',
    'AggregatorMinutesLog',
    'AnalyticsLog',
    'AssignmentsDeliveryLog',
    'DeliveryLog',
    'DispatchLog',
    'IngestLog',
    'LastLocationLog',
    'ReadEdgeAccessLog',
    'RelayLog',
    'UpdatesDeliveryLog',
    'WriteEdgeAccessLog',
  ]);
  for (const [id, group] of groups) {
    expect(group.Properties.RetentionInDays, id).toBe(environment.retentionDays.logs);
  }
});

test('functions log JSON, each to its own group', () => {
  for (const [id, lambda] of inProd().resources('AWS::Lambda::Function')) {
    expect(lambda.Properties.LoggingConfig, id).toMatchObject({
      LogFormat: 'JSON',
      ApplicationLogLevel: 'INFO',
      SystemLogLevel: 'WARN',
      LogGroup: { Ref: expect.stringContaining(withoutHash(id).replace('Function', 'Log')) },
    });
  }
});

test('access logs hold no body, no path with ids or secrets, and no token', () => {
  const formats = [
    inProd().only('AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings.Format,
    inProd().only('AWS::ApiGateway::Stage').Properties.AccessLogSetting.Format,
  ];
  for (const format of formats) {
    const variables = [...format.matchAll(/\$context\.([\w.]+)/g)].map(([, variable]) => variable);
    expect(variables).toContain('requestId');
    expect(variables).toContain('status');
    const allowed =
      /^(requestId|requestTime|routeKey|httpMethod|resourcePath|status|identity\.(sourceIp|apiKeyId)|responseLatency|integrationLatency|integrationErrorMessage)$/;
    expect(variables.filter((variable) => !allowed.test(variable))).toEqual([]);
  }
});

test('the read edge writes no execution logs: they would hold positions', () => {
  const settings = inProd().only('AWS::ApiGateway::Stage').Properties.MethodSettings;
  expect(settings).toMatchObject([{ LoggingLevel: 'OFF', DataTraceEnabled: false }]);
});
