import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { LogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeObjects } from './acknowledge-objects.ts';
import type { Environment } from './environment.ts';
import type { LakeTable } from './lake-table.ts';
import { IN_THE_LAKE } from './objectives.ts';
import { UserFacingAlarm } from './user-facing-alarm.ts';

export interface LakeDeliveryProps {
  readonly environment: Environment;
  readonly table: LakeTable;
}

/** Firehose: JSON rows of a table in, Parquet files by arrival day out. */
export class LakeDelivery extends Construct {
  readonly streamName: string;
  readonly streamArn: string;

  constructor(scope: Construct, id: string, props: LakeDeliveryProps) {
    super(scope, id);
    const { environment, table } = props;
    const log = new LogGroup(this, 'Log', {
      retention: environment.retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new LogStream(this, 'LogStream', {
      logGroup: log,
      logStreamName: 'delivery',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.role(table, log);

    const stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: table.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${table.prefix}dt=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: 'errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
        // 128 MB makes files that Athena reads well; the time limit comes first on quiet days.
        bufferingHints: { intervalInSeconds: environment.lake.bufferSeconds, sizeInMBs: 128 },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: log.logGroupName,
          logStreamName: logStream.logStreamName,
        },
        dataFormatConversionConfiguration: {
          enabled: true,
          inputFormatConfiguration: { deserializer: { openXJsonSerDe: {} } },
          outputFormatConfiguration: { serializer: { parquetSerDe: { compression: 'SNAPPY' } } },
          schemaConfiguration: {
            catalogId: environment.account,
            databaseName: table.databaseName,
            tableName: table.ref,
            region: environment.region,
            roleArn: role.roleArn,
            versionId: 'LATEST',
          },
        },
      },
    });
    this.streamName = stream.ref;
    this.streamArn = stream.attrArn;
    this.alarms();
  }

  private role(table: LakeTable, log: LogGroup): Role {
    const { bucket, databaseName } = table;
    const prefixes = [`${table.prefix}*`, 'errors/*'];
    const glue = (resource: string, resourceName?: string) =>
      Stack.of(this).formatArn({ service: 'glue', resource, resourceName });
    const role = new Role(this, 'Role', {
      description: 'What the delivery to the lake may do',
      assumedBy: new ServicePrincipal('firehose.amazonaws.com'),
      inlinePolicies: {
        permissions: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
              resources: [bucket.bucketArn],
            }),
            new PolicyStatement({
              actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
              resources: prefixes.map((prefix) => bucket.arnForObjects(prefix)),
            }),
            new PolicyStatement({
              actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
              resources: [
                glue('catalog'),
                glue('database', databaseName),
                glue('table', `${databaseName}/${table.ref}`),
              ],
            }),
            new PolicyStatement({
              actions: ['logs:PutLogEvents'],
              resources: [log.logGroupArn],
            }),
          ],
        }),
      },
    });
    for (const prefix of prefixes) {
      acknowledgeObjects(
        role,
        bucket,
        prefix,
        'Firehose writes new objects under one prefix for rows and one for errors.',
      );
    }
    return role;
  }

  /** Age in seconds of the oldest record that waits to be written. */
  get freshness(): Metric {
    return this.metric('DeliveryToS3.DataFreshness', 'Maximum');
  }

  get failedConversions(): Metric {
    return this.metric('FailedConversion.Records', 'Sum');
  }

  private metric(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: 'AWS/Firehose',
      metricName,
      statistic,
      dimensionsMap: { DeliveryStreamName: this.streamName },
    });
  }

  private alarms(): void {
    new UserFacingAlarm(this, 'FailedConversions', {
      metric: this.failedConversions,
      threshold: 1,
      severity: 'ticket',
      usersFeel: 'Reports and SQL miss events that the lake could not take; the API is complete.',
      runbook: 'lake-failed-conversions',
    });
    new UserFacingAlarm(this, 'StaleDelivery', {
      metric: this.freshness,
      threshold: IN_THE_LAKE.toSeconds(),
      severity: 'ticket',
      usersFeel: 'Reports and SQL are more than 15 minutes behind; the API is up to date.',
      runbook: 'lake-stale-delivery',
    });
  }
}
