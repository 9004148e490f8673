import {
  AttributeType,
  type ITableV2,
  ProjectionType,
  StreamViewType,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ExpiringTable, type TableProtection } from './expiring-table.ts';

export interface DeliveryAssignmentsTableProps extends TableProtection {
  /** Writes a second that the table and its indexes take at once; absent: what a new table takes. */
  readonly warmWritesPerSecond?: number;
}

/**
 * Who carries which package, and how far it is. Its stream is the outbox. The indexes hold keys only
 * and no status, so a change of status writes to neither of them.
 */
export class DeliveryAssignmentsTable extends ExpiringTable {
  static readonly BY_DAY = 'by_day';
  static readonly BY_PACKAGE = 'by_package';

  constructor(scope: Construct, id: string, props: DeliveryAssignmentsTableProps) {
    const warmThroughput =
      props.warmWritesPerSecond === undefined
        ? undefined
        : { writeUnitsPerSecond: props.warmWritesPerSecond };
    const index = (indexName: string, partitionKey: string) => ({
      indexName,
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: 'date', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
      // A write waits for the indexes that it changes: a cold one would slow down a warm table.
      warmThroughput,
    });
    super(scope, id, props, {
      partitionKey: { name: 'driver_id', type: AttributeType.STRING },
      sortKey: { name: 'package_id', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        index(DeliveryAssignmentsTable.BY_DAY, 'driver_id'),
        index(DeliveryAssignmentsTable.BY_PACKAGE, 'package_id'),
      ],
      warmThroughput,
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
  }

  /** The indexes of such a table, whoever made it. */
  static indexArns({ tableArn }: ITableV2): string[] {
    const { BY_DAY, BY_PACKAGE } = DeliveryAssignmentsTable;
    return [BY_DAY, BY_PACKAGE].map((index) => `${tableArn}/index/${index}`);
  }
}
