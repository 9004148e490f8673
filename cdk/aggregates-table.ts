import type { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

export interface AggregatesTableProps {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/** Drivers' minutes and days' numbers: all of it can be computed again from the log and the lake. */
export class AggregatesTable extends TableV2 {
  constructor(scope: Construct, id: string, props: AggregatesTableProps) {
    super(scope, id, {
      partitionKey: { name: 'subject', type: AttributeType.STRING },
      sortKey: { name: 'bucket', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expires_at',
      // The log forgets events before the minutes that were made of them.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: props.removalPolicy,
      deletionProtection: props.deletionProtection,
    });
  }
}
