import type { RemovalPolicy } from 'aws-cdk-lib';
import { Billing, TableEncryptionV2, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/** How far an environment protects its tables. */
export interface TableProtection {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/** A table as all of ours are: paid by request, restorable to any second, its items expiring by `expires_at`. */
export class ExpiringTable extends TableV2 {
  constructor(
    scope: Construct,
    id: string,
    { removalPolicy, deletionProtection }: TableProtection,
    content: Omit<TablePropsV2, keyof TableProtection>,
  ) {
    super(scope, id, {
      ...content,
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expires_at',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy,
      deletionProtection,
    });
  }
}
