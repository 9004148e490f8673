import { Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnSamplingRule } from 'aws-cdk-lib/aws-xray';
import type { Construct } from 'constructs';
import { OperationsDashboard } from '../cdk/dashboard.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import type { AnalyticsStack } from './analytics.ts';
import type { DataStack } from './data.ts';
import type { OutboxStack } from './outbox.ts';
import type { WriteEdgeStack } from './write-edge.ts';

/** What watches the other stacks as a whole. Nothing depends on it. */
export class OperationsStack extends MilkrunStack {
  constructor(
    scope: Construct,
    deployment: Deployment,
    data: DataStack,
    writeEdge: WriteEdgeStack,
    outbox: OutboxStack,
    analytics: AnalyticsStack,
  ) {
    const { environment } = deployment;
    super(scope, 'operations', environment, 'milkrun: the dashboard, traces and rollouts');

    const dashboard = new OperationsDashboard(this, 'Dashboard', {
      name: `milkrun-${environment.name}`,
      traffic: writeEdge.traffic,
      ages: [...outbox.watched.ages, ...analytics.watched.ages],
      deliveryAges: outbox.watched.deliveryAges,
      losses: [...outbox.watched.losses, ...analytics.watched.losses],
      deadLetters: [...outbox.watched.deadLetters, ...analytics.watched.deadLetters],
    });

    new UserFacingAlarm(this, 'Throttles', {
      // Of all functions: the account has no others, and the pool is one.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum' }),
      threshold: 10,
      periods: 3,
      severity: 'ticket',
      usersFeel: 'Some answers are errors, or what is derived comes late: functions lack capacity.',
      runbook: 'throttles',
    });
    if (environment.tracing > 0) {
      new CfnSamplingRule(this, 'Sampling', {
        samplingRule: {
          ruleName: `milkrun-${environment.name}`,
          version: 1,
          // Before the default rule, which follows five of a hundred.
          priority: 9000,
          fixedRate: environment.tracing,
          // None for certain: one a second would be as many as a small company has requests.
          reservoirSize: 0,
          resourceArn: '*',
          serviceName: '*',
          serviceType: '*',
          host: '*',
          httpMethod: '*',
          urlPath: '*',
        },
      });
    }
    if (environment.rollout !== undefined) {
      this.watchRollouts(data.alarmTopics.topics.ticket);
    }
    this.output('Dashboard', dashboard.dashboardName, 'Receiving, late, losing: at a look');
  }

  /** By a rule and not by an alarm: CodeDeploy publishes no metric. */
  private watchRollouts(ticket: ITopic): void {
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    const message = RuleTargetInput.fromText(
      '[ticket] Users have the version before: a new one failed and was taken back. ' +
        `CodeDeploy: ${field('deploymentId')} of ${field('deploymentGroup')}: ${field('state')}. ` +
        'Runbook: docs/runbooks/canary.md',
    );
    const failed = new Rule(this, 'FailedRollouts', {
      description: 'New versions of functions that were taken back or stopped',
      eventPattern: {
        source: ['aws.codedeploy'],
        detailType: ['CodeDeploy Deployment State-change Notification'],
        detail: { state: ['FAILURE', 'STOP'] },
      },
      // The topic lets rules publish already: the stock target would have its stack depend on this one.
      targets: [{ bind: () => ({ arn: ticket.topicArn, input: message }) }],
    });
    Validations.of(failed).acknowledge({
      id: 'Serverless-EventBusDLQ',
      reason:
        'What it says is seen in CodeDeploy too, and the alarm that stopped the rollout told.',
    });
  }
}
