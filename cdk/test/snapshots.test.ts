import { expect, test } from 'vitest';
import { NamedQueries } from '../named-queries.ts';
import { inLocal, inProd, ROLES } from './synthesized.ts';

/** What has tests and a review of its own: docs/api/openapi.yaml (edges.test.ts), analytics/ (analytics.test.ts). */
const REVIEWED: Record<string, string> = {
  Body: '<gateway definition>',
  ViewOriginalText: '<view>',
};

/** A template without what changes with every build. */
function masked(template: object): object {
  const text = JSON.stringify(template)
    .replaceAll(/\b[0-9a-f]{64}\.zip\b/g, '<asset>.zip')
    .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1<build>')
    .replaceAll(/(ReadEdgeApiDeployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1<definition>');
  return JSON.parse(text, (key, value) => {
    // As many as there are files in analytics/queries/, whose every word is theirs.
    const isQuery = value?.Type === 'AWS::Athena::NamedQuery';
    return isQuery ? undefined : (REVIEWED[key] ?? value);
  });
}

test.each(ROLES)('prod %s', (role) => {
  expect(masked(inProd().templates[role].toJSON())).toMatchSnapshot();
});

test('local differs from prod in no other resources than these', () => {
  const types = (synthesized: ReturnType<typeof inLocal>) =>
    ROLES.flatMap((role) =>
      Object.values<{ Type: string }>(synthesized.templates[role].toJSON().Resources).map(
        ({ Type }) => Type,
      ),
    );
  const count = (all: string[]) =>
    all.reduce<Record<string, number>>((counts, type) => {
      counts[type] = (counts[type] ?? 0) + 1;
      return counts;
    }, {});
  const [here, there] = [count(types(inLocal())), count(types(inProd()))];
  const differing = [...new Set([...Object.keys(here), ...Object.keys(there)])]
    .filter((type) => here[type] !== there[type])
    .map((type) => `${type}: ${here[type] ?? 0} locally, ${there[type] ?? 0} in prod`);
  expect(differing.sort()).toEqual([
    'AWS::ApiGateway::GatewayResponse: 8 locally, 0 in prod',
    `AWS::Athena::NamedQuery: 0 locally, ${NamedQueries.files().length} in prod`,
    'AWS::CloudWatch::Alarm: 34 locally, 49 in prod',
    'AWS::CodeDeploy::Application: 0 locally, 7 in prod',
    'AWS::CodeDeploy::DeploymentConfig: 0 locally, 7 in prod',
    'AWS::CodeDeploy::DeploymentGroup: 0 locally, 7 in prod',
    'AWS::DynamoDB::GlobalTable: 4 locally, 3 in prod',
    'AWS::Events::Archive: 0 locally, 1 in prod',
    'AWS::Events::Rule: 1 locally, 2 in prod',
    'AWS::IAM::Role: 12 locally, 19 in prod',
    'AWS::S3::BucketPolicy: 1 locally, 6 in prod',
    'AWS::SNS::Subscription: 0 locally, 1 in prod',
    'AWS::SQS::QueuePolicy: 2 locally, 3 in prod',
    'AWS::XRay::SamplingRule: 0 locally, 1 in prod',
  ]);
});
