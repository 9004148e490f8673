import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { LakeDatabase } from './lake-database.ts';
import { lakeSql, type Period } from './lake-sql.ts';
import { LOCATION_EVENTS } from './lake-table.ts';

/** What the columns' types are called by Athena's engine; the catalog has Hive's names. */
const ENGINE_TYPES: Readonly<Record<string, string>> = {
  string: 'varchar',
  double: 'double',
  int: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  timestamp: 'timestamp(3)',
};

/** What analytics/location_events.sql selects, in its order. */
const COLUMNS: CfnTable.ColumnProperty[] = [
  ...LOCATION_EVENTS.columns,
  { name: 'dt', type: 'string', comment: 'Arrival day, UTC' },
  { name: 'deliveries', type: 'bigint', comment: 'How often the event was delivered, 1 or more' },
  { name: 'geofence_key', type: 'string', comment: 'Which geofence: its id, else its other names' },
  { name: 'is_doubtful', type: 'boolean', comment: 'Distances leave its position out' },
];

export interface LakeViewProps {
  readonly database: LakeDatabase;
  /** What it shows. */
  readonly period: Period;
}

/**
 * Location events, each once: what analysts query. Athena takes a view from the catalog in the form in
 * which its own CREATE VIEW leaves it there, Trino's, so none has to be run at deployment.
 */
export class LakeView extends CfnTable {
  constructor(scope: Construct, id: string, props: LakeViewProps) {
    const definition = {
      originalSql: lakeSql('analytics/location_events.sql', props.period),
      catalog: 'awsdatacatalog',
      schema: LakeDatabase.NAME,
      columns: COLUMNS.map(({ name, type }) => ({ name, type: ENGINE_TYPES[type ?? ''] })),
      // Engine version 3 reads no definition without these two.
      runAsInvoker: false,
      path: [],
    };
    const encoded = Buffer.from(JSON.stringify(definition)).toString('base64');
    super(scope, id, {
      catalogId: props.database.account,
      databaseName: props.database.databaseName,
      tableInput: {
        name: 'deduplicated_location_events',
        description: `Location events, each once, that arrived today or up to ${props.period.days} days ago`,
        tableType: 'VIRTUAL_VIEW',
        // Athena knows its views by exactly this flag and this comment.
        parameters: { presto_view: 'true', comment: 'Presto View' },
        partitionKeys: [],
        storageDescriptor: {
          columns: COLUMNS,
          location: '',
          // Athena refuses a table that says nothing here, a view as well; what it says is not read.
          serdeInfo: { name: '-', serializationLibrary: '-' },
        },
        viewOriginalText: `/* Presto View: ${encoded} */`,
        viewExpandedText: '/* Presto View */',
      },
    });
  }
}
