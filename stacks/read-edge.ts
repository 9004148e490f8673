import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '../cdk/acknowledge-objects.ts';
import { DeliveryAssignmentsTable } from '../cdk/delivery-assignments-table.ts';
import type { Deployment } from '../cdk/deployment.ts';
import { DispatchBucket } from '../cdk/dispatch-bucket.ts';
import { LONGEST_WAIT } from '../cdk/gateway-definition.ts';
import { MilkrunStack } from '../cdk/milkrun-stack.ts';
import { ReadEdgeApi } from '../cdk/read-edge-api.ts';
import { repository } from '../cdk/repository.ts';
import { RustFunction } from '../cdk/rust-function.ts';
import { UserFacingAlarm } from '../cdk/user-facing-alarm.ts';
import type { DataStack } from './data.ts';

/** For whoever asks where an order or a driver is or what a day was like, and whoever decides who carries what. */
export class ReadEdgeStack extends MilkrunStack {
  constructor(scope: Construct, deployment: Deployment, data: DataStack) {
    const { environment } = deployment;
    super(
      scope,
      'read-edge',
      environment,
      'milkrun: last-location, dispatch, analytics and the API that consumers use',
    );

    const lastLocation = new RustFunction(this, 'LastLocation', deployment, {
      name: 'last-location',
      traced: true,
      description: 'Answers where an order or a driver is, and where it has been',
      size: environment.functions.lastLocation,
      timeout: Duration.seconds(10),
      variables: {
        EVENTS_TABLE: data.events.tableName,
        BUILD_VERSION: deployment.buildVersion,
      },
      permissions: [
        {
          actions: ['dynamodb:Query'],
          resources: [data.events.tableArn, data.events.byOrderIndexArn],
        },
      ],
      errorsMeanForUsers: 'Some questions for an order or a driver are answered with an error.',
    });
    const dispatch = this.dispatch(deployment, data);
    const analytics = new RustFunction(this, 'Analytics', deployment, {
      name: 'analytics',
      traced: true,
      description: "Answers with drivers' minutes and days' numbers",
      size: environment.functions.analytics,
      timeout: Duration.seconds(10),
      variables: {
        AGGREGATES_TABLE: data.aggregates.tableName,
        TIME_ZONE: environment.timeZone,
        LATE_DAYS: String(environment.analytics.lateDays),
      },
      permissions: [
        {
          actions: ['dynamodb:GetItem', 'dynamodb:Query'],
          resources: [data.aggregates.tableArn],
        },
      ],
      errorsMeanForUsers: "Some questions for minutes or days' numbers are answered with an error.",
    });
    const edge = new ReadEdgeApi(this, 'ReadEdge', {
      environment,
      specification: repository('docs/api/openapi.yaml'),
      functions: {
        'last-location': lastLocation.live,
        dispatch: dispatch.live,
        analytics: analytics.live,
      },
    });

    this.output('ReadApiId', edge.api.restApiId, 'Id of the read edge');
    this.output('ReadApiUrl', edge.api.url, 'Base URL of the read edge');
    this.output('ReadApiStage', edge.api.deploymentStage.stageName, 'Stage of the read edge');
    this.output('UsagePlanId', edge.usagePlan.usagePlanId, 'Plan that API keys are added to');
  }

  private dispatch(deployment: Deployment, data: DataStack): RustFunction {
    const { environment } = deployment;
    const objects = DispatchBucket.PREFIXES.map((prefix) => `${prefix}*`);
    const dispatch = new RustFunction(this, 'Dispatch', deployment, {
      name: 'dispatch',
      traced: true,
      description: "Assigns the day's packages to drivers, and follows each one to its end",
      size: environment.functions.dispatch,
      timeout: LONGEST_WAIT,
      variables: {
        ASSIGNMENTS_TABLE: data.assignments.tableName,
        ASSIGNMENT_RETENTION_DAYS: String(environment.retentionDays.assignments),
        DISPATCH_BUCKET: data.dispatch.bucketName,
        TIME_ZONE: environment.timeZone,
      },
      permissions: [
        {
          actions: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
          resources: [data.assignments.tableArn],
        },
        {
          actions: ['dynamodb:Query'],
          resources: DeliveryAssignmentsTable.indexArns(data.assignments),
        },
        { actions: ['s3:ListBucket'], resources: [data.dispatch.bucketArn] },
        {
          actions: ['s3:GetObject', 's3:PutObject'],
          resources: objects.map((pattern) => data.dispatch.arnForObjects(pattern)),
        },
        // The list that something was assigned from, where a newer one has its key.
        { actions: ['s3:GetObjectVersion'], resources: [data.dispatch.arnForObjects('days/*')] },
      ],
      errorsMeanForUsers:
        'Packages may have no driver, and drivers cannot report: dispatch answers with errors.',
    });
    for (const pattern of objects) {
      acknowledgeObjects(
        dispatch.role,
        data.dispatch,
        pattern,
        'dispatch reads and writes an object for each list, plan, run or repeated call of a day.',
      );
    }
    new UserFacingAlarm(this, 'AssignmentsThrottles', {
      metric: new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: 'ThrottledRequests',
        statistic: 'Sum',
        dimensionsMap: { TableName: data.assignments.tableName, Operation: 'UpdateItem' },
      }),
      threshold: 10,
      // A large assignment is throttled while the table grows: what lasts longer is not normal.
      periods: 3,
      severity: 'page',
      usersFeel: 'Packages wait for drivers: assignments are throttled and have to be repeated.',
      runbook: 'assignments-throttles',
    });
    return dispatch;
  }
}
