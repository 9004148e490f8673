import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Lake } from './environment.ts';

/** Where the lake is queried: results beside the data for a week, and a cap on what a query scans. */
export class LakeWorkgroup extends CfnWorkGroup {
  constructor(scope: Construct, id: string, lake: IBucket, settings: Lake) {
    super(scope, id, {
      name: 'milkrun',
      description: "Queries over milkrun's lake",
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: settings.queryScanLimitMb * 1_000_000,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: lake.s3UrlForObject('athena-results/'),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
  }
}
