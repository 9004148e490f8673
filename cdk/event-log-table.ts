import { AttributeType, ProjectionType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ExpiringTable, type TableProtection } from './expiring-table.ts';

/**
 * The log of location events. Its key does the ordering, its stream is the outbox, and its index
 * answers for an order without a second read: it carries what the API shows.
 */
export class EventLogTable extends ExpiringTable {
  static readonly BY_ORDER = 'by_order';

  constructor(scope: Construct, id: string, protection: TableProtection) {
    super(scope, id, protection, {
      partitionKey: { name: 'driver_id', type: AttributeType.STRING },
      sortKey: { name: 'sort_key', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: EventLogTable.BY_ORDER,
          // Set only on events that have an order and a position, so the index is sparse.
          partitionKey: { name: 'located_order_id', type: AttributeType.STRING },
          sortKey: { name: 'sort_key', type: AttributeType.STRING },
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [
            'event_id',
            'source',
            'event_type',
            'kind',
            'external_driver_id',
            'order_id',
            'trip_id',
            'latitude',
            'longitude',
            'accuracy_m',
            'altitude_m',
            'speed_mps',
            'heading_deg',
            'battery_pct',
            'recorded_at',
            'received_at',
            'live',
            'flags',
          ],
        },
      ],
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
  }

  get byOrderIndexArn(): string {
    return `${this.tableArn}/index/${EventLogTable.BY_ORDER}`;
  }
}
