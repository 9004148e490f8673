import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { prod } from '../../environments/prod.ts';
import { nameOf } from './alarm-evaluator.ts';
import { readable, withoutHash } from './readable.ts';
import { inProd, ROLES, synthesize } from './synthesized.ts';

const { canaryPercent, canaryMinutes } = prod.rollout ?? {};

/** In prod, all resources of a type by the name of the function that they are of. */
function byFunction(type: string, ending: string) {
  return new Map(
    [...inProd().resources(type)]
      .map(([id, resource]) => [withoutHash(id), resource] as const)
      .filter(([id]) => id.endsWith(ending))
      .map(([id, resource]) => [id.slice(0, -ending.length), resource]),
  );
}

const functions = [...byFunction('AWS::Lambda::Function', 'Function').keys()];

test.each(functions)('a new version of %s gets a share first, and loses it if it fails', (name) => {
  const of = (type: string, ending: string) => byFunction(type, ending).get(name);
  const alias = of('AWS::Lambda::Alias', 'Live');
  const version = `${name}FunctionCurrentVersion.Version`;
  expect(alias?.Properties.Name).toBe('live');
  expect(readable(alias?.Properties.FunctionVersion)).toBe(version);
  const { CodeDeployLambdaAliasUpdate: update } = alias?.UpdatePolicy ?? {};
  expect(readable(update.DeploymentGroupName)).toBe(`${name}CanaryDeployments`);

  const group = of('AWS::CodeDeploy::DeploymentGroup', 'CanaryDeployments')?.Properties;
  expect(group).toMatchObject({
    AutoRollbackConfiguration: {
      Enabled: true,
      Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
    },
    DeploymentStyle: { DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
  });
  expect(readable(group?.DeploymentConfigName)).toBe(`${name}CanaryTraffic`);
  const { Alarms, ...alarmed } = group?.AlarmConfiguration ?? {};
  expect(alarmed).toEqual({ Enabled: true });
  expect(Alarms.map((alarm: any) => readable(alarm.Name))).toEqual([
    `${name}CanaryErrors`,
    `${name}CanaryFailures`,
  ]);

  const traffic = of('AWS::CodeDeploy::DeploymentConfig', 'CanaryTraffic')?.Properties;
  expect(traffic?.TrafficRoutingConfig).toEqual({
    Type: 'TimeBasedCanary',
    TimeBasedCanary: { CanaryPercentage: canaryPercent, CanaryInterval: canaryMinutes },
  });
});

test.each(functions)('what %s has done wrong before does not stop its next version', (name) => {
  const alarm = byFunction('AWS::CloudWatch::Alarm', 'CanaryErrors').get(name)?.Properties;
  expect(alarm).toMatchObject({ MetricName: 'Errors', Statistic: 'Sum', Period: 60, Threshold: 1 });
  const dimensions = alarm?.Dimensions.map(({ Name, Value }: any) => [Name, readable(Value)]);
  expect(Object.fromEntries(dimensions)).toEqual({
    FunctionName: `${name}Function`,
    Resource: `${name}Function:live`,
    ExecutedVersion: `${name}FunctionCurrentVersion.Version`,
  });
  const answered = byFunction('AWS::CloudWatch::Alarm', 'CanaryFailures').get(name);
  expect(answered?.Properties).toMatchObject({ Statistic: 'Sum', Period: 60, Threshold: 1 });
  expect(nameOf(answered?.Properties as any)).toBe(
    `milkrun FailedInvocations Function=${name}Function Version=${name}FunctionCurrentVersion.Version`,
  );
});

test('without a rollout, new versions take over at once', () => {
  for (const environment of environments.filter(({ rollout }) => rollout === undefined)) {
    const synthesized = synthesize(environment);
    const types = ROLES.flatMap((role) =>
      Object.values<any>(synthesized.templates[role].toJSON().Resources).map(({ Type }) => Type),
    );
    expect(types.filter((type) => type.startsWith('AWS::CodeDeploy'))).toEqual([]);
    for (const alias of synthesized.resources('AWS::Lambda::Alias').values()) {
      expect(alias.UpdatePolicy).toBeUndefined();
    }
  }
});

/** What is about all versions of a function, or makes its versions. */
const OF_ALL_VERSIONS = [
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::Alias',
  // Of an alias; guard-rails.test.ts looks at it.
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Version',
];

test('everybody invokes functions by their alias', () => {
  for (const role of ROLES) {
    const { Resources, Outputs } = inProd().templates[role].toJSON();
    // An export is as good as who imports it.
    const others = Object.entries<any>({ ...Resources, ...Outputs }).filter(
      ([id, { Type, Export }]) =>
        !OF_ALL_VERSIONS.includes(Type) && !/CanaryRole[0-9A-F]{8}$/.test(id) && !Export,
    );
    for (const [id, resource] of others) {
      const text = JSON.stringify(resource);
      expect(text, id).not.toMatch(/"(Ref|Fn::GetAtt)":\[?"\w+Function[0-9A-F]{8}"/);
      expect(text, id).not.toMatch(/"Fn::ImportValue":"[^"]*Function[0-9A-F]{8}/);
    }
  }
});
