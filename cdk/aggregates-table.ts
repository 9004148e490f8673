import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ExpiringTable, type TableProtection } from './expiring-table.ts';

/** Drivers' minutes and days' numbers: all of it can be computed again from the log and the lake. */
export class AggregatesTable extends ExpiringTable {
  constructor(scope: Construct, id: string, protection: TableProtection) {
    super(scope, id, protection, {
      partitionKey: { name: 'subject', type: AttributeType.STRING },
      sortKey: { name: 'bucket', type: AttributeType.STRING },
    });
  }
}
