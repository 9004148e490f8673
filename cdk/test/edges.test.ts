import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import { gatewayDefinition, readSpecification } from '../gateway-definition.ts';
import { gatewayProblems } from '../problem-responses.ts';
import { repository } from '../repository.ts';
import { readable } from './readable.ts';
import { inLocal, inProd } from './synthesized.ts';

const specification = readSpecification(repository('docs/api/openapi.yaml'));

test('the write edge takes webhooks and positions, and limits what it lets through', () => {
  const routes = [...inProd().resources('AWS::ApiGatewayV2::Route').values()];
  expect(routes.map((route) => route.Properties.RouteKey).sort()).toEqual([
    'POST /v1/positions',
    'POST /v1/webhooks/radar',
    'POST /v1/webhooks/radar/{path_token}',
  ]);
  const [integration] = inProd().resources('AWS::ApiGatewayV2::Integration').values();
  expect(integration?.Properties).toMatchObject({
    IntegrationType: 'AWS_PROXY',
    PayloadFormatVersion: '2.0',
    TimeoutInMillis: 15_000,
  });
  expect(inProd().only('AWS::ApiGatewayV2::Stage').Properties).toMatchObject({
    StageName: '$default',
    AutoDeploy: true,
    DefaultRouteSettings: {
      ThrottlingRateLimit: prod.writeEdge.requestsPerSecond,
      ThrottlingBurstLimit: prod.writeEdge.burst,
    },
  });
});

test('the read edge has every operation of the specification, each with its function', () => {
  const { Body } = inProd().only('AWS::ApiGateway::RestApi').Properties;
  const operations = (paths: Record<string, object>) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );
  expect(operations(Body.paths).map(({ path, method }) => `${method} ${path}`)).toEqual(
    operations(specification.paths).map(({ path, method }) => `${method} ${path}`),
  );
  for (const operation of operations(Body.paths)) {
    const integration = operation['x-amazon-apigateway-integration' as 'path'] as any;
    expect(integration).toMatchObject({ type: 'aws_proxy', httpMethod: 'POST' });
    expect(readable(integration.uri)).toBe(
      'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/LastLocationFunction.Arn/invocations',
    );
  }
});

test('every operation but the health check needs a key', () => {
  const { paths, components } = gatewayDefinition(specification, (name) => name);
  for (const [path, methods] of Object.entries(paths)) {
    for (const operation of Object.values(methods)) {
      expect(operation.security, path).toEqual(path === '/v1/health' ? [] : [{ ApiKey: [] }]);
    }
  }
  expect(components.securitySchemes).toMatchObject({
    ApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  });
});

test('keys share a plan with a rate and a daily quota', () => {
  const { Throttle, Quota } = inProd().only('AWS::ApiGateway::UsagePlan').Properties;
  expect(Throttle).toEqual({
    RateLimit: prod.readEdge.requestsPerSecond,
    BurstLimit: prod.readEdge.burst,
  });
  expect(Quota).toEqual({ Limit: prod.readEdge.requestsPerDay, Period: 'DAY' });
});

test("the gateway's own answers are problems, on AWS and on the emulator alike", () => {
  const { Body } = inProd().only('AWS::ApiGateway::RestApi').Properties;
  const declared = Object.entries<any>(Body['x-amazon-apigateway-gateway-responses']).map(
    ([responseType, response]) => [
      responseType,
      response.statusCode,
      response.responseParameters,
      response.responseTemplates,
    ],
  );
  const resources = [...inLocal().resources('AWS::ApiGateway::GatewayResponse').values()].map(
    ({ Properties }) => [
      Properties.ResponseType,
      Properties.StatusCode,
      Properties.ResponseParameters,
      Properties.ResponseTemplates,
    ],
  );
  expect(resources).toEqual(declared);
  expect(inProd().resources('AWS::ApiGateway::GatewayResponse').size).toBe(0);
  expect(declared).toHaveLength(gatewayProblems.length);
  for (const [, status, parameters, templates] of declared) {
    expect(parameters['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'");
    const body = templates['application/json']
      .replace('$context.error.messageString', '"Limit Exceeded"')
      .replace('$context.requestId', 'r-1');
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', request_id: 'r-1' });
    expect(JSON.parse(body).status?.toString()).toBe(status);
  }
});
