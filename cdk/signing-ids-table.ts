import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ExpiringTable, type TableProtection } from './expiring-table.ts';

/** The provider's signing ids with the body that each came with: the signature covers no body. */
export class SigningIdsTable extends ExpiringTable {
  constructor(scope: Construct, id: string, protection: TableProtection) {
    super(scope, id, protection, {
      partitionKey: { name: 'signing_id', type: AttributeType.STRING },
    });
  }
}
