import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
  TimeBasedCanaryTrafficRouting,
} from 'aws-cdk-lib/aws-codedeploy';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Rollout } from './environment.ts';
import { failedInvocations } from './event-metrics.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

export interface CanaryProps {
  /** What moves on from version to version. */
  readonly alias: Alias;
  readonly rollout: Rollout;
  /** One sentence for the alarm: what users notice when invocations fail. */
  readonly errorsMeanForUsers: string;
}

/**
 * A new version of a function gets a share of the invocations at first, and the rest if none of them failed;
 * otherwise CodeDeploy and then CloudFormation go back to what was.
 */
export class Canary extends Construct {
  constructor(scope: Construct, id: string, { alias, rollout, errorsMeanForUsers }: CanaryProps) {
    super(scope, id);
    const { lambda, version } = alias;
    // Of the new version alone: the fix of one that fails has to get through.
    const alarm = (id: string, metric: Metric) =>
      new UserFacingAlarm(scope, id, {
        metric: metric.with({ period: Duration.minutes(1) }),
        threshold: 1,
        severity: 'ticket',
        usersFeel: errorsMeanForUsers,
        runbook: 'canary',
      });
    const errors = alarm(
      'CanaryErrors',
      new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        statistic: 'Sum',
        dimensionsMap: {
          FunctionName: lambda.functionName,
          Resource: `${lambda.functionName}:${alias.aliasName}`,
          ExecutedVersion: version.version,
        },
      }),
    );
    // A version that lacks a permission answers 503, or hands its batch back: to Lambda these are successes.
    const failures = alarm(
      'CanaryFailures',
      failedInvocations(lambda.functionName, version.version),
    );
    new LambdaDeploymentGroup(this, 'Deployments', {
      alias,
      alarms: [errors, failures],
      // A deployment that is stopped is one that somebody looks at.
      autoRollback: { deploymentInAlarm: true, failedDeployment: true, stoppedDeployment: true },
      role: this.role(lambda.functionArn, alias.aliasName).withoutPolicyUpdates(),
      deploymentConfig: new LambdaDeploymentConfig(this, 'Traffic', {
        trafficRouting: new TimeBasedCanaryTrafficRouting({
          percentage: rollout.canaryPercent,
          interval: Duration.minutes(rollout.canaryMinutes),
        }),
      }),
    });
  }

  /** As AWS's own policy for it, but for this function only. */
  private role(functionArn: string, aliasName: string): Role {
    const alarms = Stack.of(this).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const role = new Role(this, 'Role', {
      description: 'What CodeDeploy may do to let a new version take over',
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
      inlinePolicies: {
        permissions: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:GetAlias', 'lambda:UpdateAlias'],
              resources: [functionArn],
            }),
            new PolicyStatement({
              actions: ['lambda:GetProvisionedConcurrencyConfig'],
              resources: [`${functionArn}:${aliasName}`],
            }),
            new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: [alarms] }),
          ],
        }),
      },
    });
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${alarms}]`,
      reason: 'CloudWatch lets the states of alarms be read only of all of an account.',
    });
    return role;
  }
}
