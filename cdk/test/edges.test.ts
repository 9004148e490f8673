import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAlias, isScalar, parse, parseDocument, visit as visitYaml } from 'yaml';
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
  const operations = (paths: object) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries<any>(methods).map(([method, operation]) => ({ path, method, operation })),
    );
  const specified = operations(specification.paths);
  const built = operations(Body.paths);
  expect(built.map(({ path, method }) => `${method} ${path}`)).toEqual(
    specified.map(({ path, method }) => `${method} ${path}`),
  );
  const functions: Record<string, string> = {
    'last-location': 'LastLocationLive',
    dispatch: 'DispatchLive',
    analytics: 'AnalyticsLive',
  };
  for (const [index, { path, operation }] of built.entries()) {
    const { uri, ...integration } = operation['x-amazon-apigateway-integration'];
    const name = functions[specified[index]?.operation['x-milkrun-function']];
    expect(readable(uri), path).toBe(
      `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${name}/invocations`,
    );
    // The longest that dispatch takes; a gateway waits no longer anyway.
    expect(integration).toEqual({
      type: 'aws_proxy',
      httpMethod: 'POST',
      timeoutInMillis: 29_000,
    });
  }
});

test('the gateway passes bodies on unseen: functions say what is wrong with them', () => {
  const posts = Object.values(specification.paths).flatMap((path) =>
    Object.entries<object>(path).filter(([method]) => ['post', 'put'].includes(method)),
  );
  expect(posts).toHaveLength(4);
  for (const [, operation] of posts) {
    expect(operation).toHaveProperty('requestBody');
  }
  const definition = JSON.stringify(gatewayDefinition(specification, (name) => name));
  expect(definition).not.toMatch(/requestBody|request-validator|"content"|schemas/);
});

test('the specification uses no words that the import of a gateway refuses', () => {
  const { schemas } = specification.components as unknown as Record<string, object>;
  for (const name of Object.keys(schemas ?? {})) {
    expect(name).toMatch(/^[A-Za-z0-9]+$/);
  }
  const used = new Set<string>();
  const visit = (schema: any): void => {
    for (const [word, value] of Object.entries<any>(schema)) {
      used.add(word);
      if (['properties', 'additionalProperties', 'items'].includes(word)) {
        const inner = word === 'properties' ? Object.values(value) : [value];
        inner.filter((each) => typeof each === 'object').map(visit);
      }
    }
  };
  Object.values(schemas ?? {}).map(visit);
  expect([...used].sort()).toEqual([
    '$ref',
    'additionalProperties',
    'description',
    'enum',
    'format',
    'items',
    'maxItems',
    'maxLength',
    'maximum',
    'minItems',
    'minLength',
    'minimum',
    'properties',
    'required',
    'type',
  ]);
});

const documents = ['docs/api/openapi.yaml', 'docs/api/write-edge.yaml'];

test.each(documents)(
  'every reference of %s leads somewhere, and every component is used',
  (path) => {
    const document = parse(readFileSync(repository(path), 'utf8'));
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^"]*)"/g)];
    const used = new Set(references.map(([, reference]) => reference));
    const { securitySchemes: _, ...components } = document.components;
    const defined = Object.entries<object>(components).flatMap(([kind, of]) =>
      Object.keys(of).map((name) => `${kind}/${name}`),
    );
    expect([...used].sort()).toEqual(defined.sort());
  },
);

// Legal YAML, which generators, linters and libyaml read in different ways or refuse: a name that two
// anchors have, an alias that comes before its anchor in another order of keys, a merge key at all.
test.each(documents)('%s has no anchors, aliases and merge keys', (path) => {
  const found: string[] = [];
  visitYaml(parseDocument(readFileSync(repository(path), 'utf8'), { merge: false }), {
    Alias: (_, alias) => void found.push(`*${alias.source}`),
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor) {
        found.push(`&${node.anchor}`);
      }
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '<<') {
        found.push('<<');
      }
    },
  });
  expect(found).toEqual([]);
});

test('what operations share is in the gateway as if each had it', () => {
  const definition = gatewayDefinition(specification, (name) => name);
  expect(JSON.stringify(definition)).not.toContain('$ref');
  const { get } = definition.paths['/v1/orders/{order_id}/track'] ?? {};
  expect(get?.parameters.map(({ name }) => name)).toEqual([
    'order_id',
    'from',
    'to',
    'limit',
    'cursor',
  ]);
  expect(get?.responses['403']).toEqual({
    description: 'The API key is missing, unknown or disabled.',
  });
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
