import { Aspects, type IAspect, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IConstruct } from 'constructs';
import type { Environment } from './environment.ts';
import { type Severity, UserFacingAlarm } from './user-facing-alarm.ts';

/** Whom alarms tell, and rules with news that no metric has: a topic for each severity, with the environment's recipients. */
export class AlarmTopics extends Construct {
  readonly topics: Readonly<Record<Severity, Topic>>;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    // CloudWatch may not use the key that AWS keeps for SNS.
    const key = new Key(this, 'Key', {
      description: "Encrypts alarms' messages on their way",
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': environment.account } },
      }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        // EventBridge does not say on whose behalf it uses a topic's key, so aws:SourceAccount would keep it out:
        // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:sns:topicArn': Stack.of(this).formatArn({
              service: 'sns',
              resource: '*',
            }),
          },
        },
      }),
    );
    const topic = (id: string, recipients: readonly string[]) =>
      this.topic(id, recipients, key, environment);
    this.topics = {
      page: topic('Page', environment.alarms.page),
      ticket: topic('Ticket', environment.alarms.ticket),
    };
    const { ticket } = this.topics;
    ticket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'RulesOfThisAccount',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [ticket.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': environment.account },
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({ service: 'events', resource: 'rule/*' }),
          },
        },
      }),
    );
  }

  private topic(
    id: string,
    recipients: readonly string[],
    key: Key,
    { account, protection }: Environment,
  ): Topic {
    const topic = new Topic(this, id, { masterKey: key, enforceSSL: protection.tlsOnly });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm:*',
            }),
          },
        },
      }),
    );
    for (const recipient of recipients) {
      const subscription = topic.addSubscription(
        recipient.startsWith('https://')
          ? new UrlSubscription(recipient)
          : new EmailSubscription(recipient),
      );
      Validations.of(subscription).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason: 'CloudWatch keeps the state of every alarm; a queue would only hide old news.',
      });
    }
    return topic;
  }

  /** Every alarm under `scope`, those of other stacks too, tells the topic of its severity when it goes on or off. */
  notifyOf(scope: IConstruct): void {
    const notify: IAspect = {
      visit: (node) => {
        if (node instanceof UserFacingAlarm) {
          const action = new SnsAction(this.topics[node.severity]);
          node.addAlarmAction(action);
          node.addOkAction(action);
        }
      },
    };
    Aspects.of(scope).add(notify);
  }
}
