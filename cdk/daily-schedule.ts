import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';

export interface DailyScheduleProps {
  readonly target: IFunction;
  /** For runs that could not be started. */
  readonly deadLetters: IQueue;
  readonly environment: Environment;
}

/** Invokes a function by the environment's clocks: for today often, for the days before, which cost more, less so. */
export class DailySchedule extends Construct {
  constructor(scope: Construct, id: string, props: DailyScheduleProps) {
    super(scope, id);
    const { target, deadLetters, environment } = props;
    const role = new Role(this, 'Role', {
      description: 'What the schedule of the daily numbers may do',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // Nobody else's schedule may use the role.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        permissions: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: [target.functionArn],
            }),
            new PolicyStatement({
              actions: ['sqs:SendMessage'],
              resources: [deadLetters.queueArn],
            }),
          ],
        }),
      },
    });
    const { todaySchedule, lateSchedule } = environment.analytics;
    const timer = (id: string, description: string, scheduleExpression: string, input: string) =>
      new CfnSchedule(this, id, {
        description,
        scheduleExpression,
        scheduleExpressionTimezone: environment.timeZone,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: target.functionArn,
          roleArn: role.roleArn,
          input,
          deadLetterConfig: { arn: deadLetters.queueArn },
          // The next run computes the same days again: what is missed for longer need not be made up for.
          retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 1800 },
        },
      });
    timer('Today', "Computes today's numbers", todaySchedule, '{"late_days":0}');
    timer(
      'Late',
      "Computes today's numbers and those that late events may change",
      lateSchedule,
      '{}',
    );
  }
}
