import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environments } from '../../environments/index.ts';
import { local } from '../../environments/local.ts';
import { prod } from '../../environments/prod.ts';
import { lakeSql } from '../lake-sql.ts';
import { NamedQueries } from '../named-queries.ts';
import { REASONS } from '../quarantine-table.ts';
import { repository } from '../repository.ts';
import { readable } from './readable.ts';
import { inProd, synthesize } from './synthesized.ts';

const source = (path: string) => readFileSync(repository(path), 'utf8');
const table = (name: string) =>
  [...inProd().resources('AWS::Glue::Table').values()]
    .map(({ Properties }) => Properties.TableInput)
    .find(({ Name }) => Name === name);

test.each(environments)('the days of $name are computed by its clocks', (environment) => {
  const { todaySchedule, lateSchedule } = environment.analytics;
  const schedules = [...synthesize(environment).resources('AWS::Scheduler::Schedule').values()];
  expect(schedules.map(({ Properties }) => Properties)).toMatchObject(
    [
      { expression: todaySchedule, input: '{"late_days":0}' },
      { expression: lateSchedule, input: '{}' },
    ].map(({ expression, input }) => ({
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: environment.timeZone,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Input: input,
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 1800 },
      },
    })),
  );
  for (const { Properties } of schedules) {
    expect(readable(Properties.Target.Arn)).toBe('AggregatorDailyLive');
    expect(readable(Properties.Target.DeadLetterConfig.Arn)).toBe('AggregatorDailyDeadLetters.Arn');
    expect(readable(Properties.Target.RoleArn)).toBe('AggregatorDailyScheduleRole.Arn');
  }
});

test("the schedule's role is for schedules of this account only", () => {
  const [, role] =
    [...inProd().resources('AWS::IAM::Role')].find(([id]) =>
      id.startsWith('AggregatorDailyScheduleRole'),
    ) ?? [];
  expect(role?.Properties.AssumeRolePolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': prod.account } },
    },
  ]);
});

test('the quarantine has a partition for every reason that there is', () => {
  const codes = /fn code\(self\).*?\n {4}\}/s.exec(source('crates/location-event/src/fault.rs'));
  expect(REASONS).toEqual([...(codes?.[0] ?? '').matchAll(/=> "(\w+)"/g)].map(([, code]) => code));
  const { Parameters, StorageDescriptor, PartitionKeys } = table('quarantine');
  expect(Parameters).toMatchObject({
    'projection.enabled': 'true',
    'projection.reason.type': 'enum',
    'projection.reason.values': REASONS.join(','),
    'projection.dt.type': 'date',
  });
  expect(PartitionKeys.map(({ Name }: any) => Name)).toEqual(['reason', 'dt']);
  const location = 's3://QuarantineBucket/quarantine/';
  expect(readable(StorageDescriptor.Location)).toBe(location);
  const template = readable(Parameters['storage.location.template']);
  expect(template).toBe(`${location}\${reason}/dt=\${dt}/`);
  // Where ingest puts it.
  expect(source('functions/ingest/src/quarantine.rs')).toContain(
    '"quarantine/{reason}/dt={}/{digest}.json"',
  );
});

test('the quarantine has the fields that ingest writes', () => {
  const code = source('functions/ingest/src/quarantine.rs');
  const [, record = ''] = /struct Record<'a> \{(.*?)\n\}/s.exec(code) ?? [];
  const [, body = ''] = /enum Body<'a> \{(.*?)\n\}/s.exec(code) ?? [];
  const fields = [...record.matchAll(/^ {4}(\w+):/gm)].map(([, field]) => field);
  const bodies = [...body.matchAll(/rename = "(\w+)"/g)].map(([, field]) => field);
  expect(fields).toEqual(expect.arrayContaining(['reason', 'body']));
  // The reason is a partition, and the body is in one of two fields.
  expect(table('quarantine').StorageDescriptor.Columns.map(({ Name }: any) => Name)).toEqual([
    ...fields.filter((field) => field !== 'reason' && field !== 'body'),
    ...bodies,
  ]);
});

/** The definition inside a view's text. */
function definition(text: string) {
  const [, encoded = ''] = /^\/\* Presto View: ([A-Za-z0-9+/]+=*) \*\/$/.exec(text) ?? [];
  return JSON.parse(Buffer.from(encoded, 'base64').toString());
}

test('the view is the deduplicated events of the last arrival days, as Athena keeps views', () => {
  const view = table('deduplicated_location_events');
  expect(view).toMatchObject({
    TableType: 'VIRTUAL_VIEW',
    ViewExpandedText: '/* Presto View */',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    // Without one Athena answers HIVE_METASTORE_ERROR: the storage descriptor is missing SerDe info.
    StorageDescriptor: { SerdeInfo: { SerializationLibrary: '-' } },
  });
  const { originalSql, ...rest } = definition(view.ViewOriginalText);
  const sql = source('analytics/location_events.sql');
  const from = `CAST(CAST(current_date - INTERVAL '${prod.analytics.viewDays}' DAY AS date) AS varchar)`;
  expect(originalSql).toBe(
    sql
      .slice(sql.indexOf('\nSELECT\n'))
      .replaceAll("'{{from}}'", from)
      .replaceAll("'{{to}}'", 'CAST(current_date AS varchar)')
      .trim(),
  );
  expect(originalSql).toContain(`dt BETWEEN ${from} AND CAST(current_date AS varchar)`);
  expect(rest).toMatchObject({
    catalog: 'awsdatacatalog',
    schema: inProd().only('AWS::Glue::Database').Properties.DatabaseInput.Name,
    runAsInvoker: false,
    path: [],
  });
  // Whoever selects from it is told "view is stale" if this is not exactly what the statement selects.
  const [, selected = ''] = /^SELECT\n(.*?)\nFROM/s.exec(originalSql) ?? [];
  expect(rest.columns.map(({ name }: any) => name)).toEqual(
    selected.split(',').map((column) => column.trim()),
  );
  const types = Object.fromEntries(rest.columns.map(({ name, type }: any) => [name, type]));
  expect(types).toMatchObject({
    schema_version: 'integer',
    event_id: 'varchar',
    latitude: 'double',
    recorded_at: 'timestamp(3)',
    live: 'boolean',
    dt: 'varchar',
    deliveries: 'bigint',
  });
  expect(view.StorageDescriptor.Columns.map(({ Name }: any) => Name)).toEqual(
    rest.columns.map(({ name }: any) => name),
  );
});

test("every file of the analysts' queries is saved in Athena, except where there are none", () => {
  for (const environment of environments) {
    const saved = [...synthesize(environment).resources('AWS::Athena::NamedQuery').values()];
    expect(saved, environment.name).toHaveLength(
      environment === local ? 0 : NamedQueries.files().length,
    );
  }
  expect(NamedQueries.files().length).toBeGreaterThan(0);
});

test('a saved query has a title, a description, and the last seven days', () => {
  const saved = [...inProd().resources('AWS::Athena::NamedQuery').values()];
  const names = saved.map(({ Properties }) => Properties.Name);
  expect(new Set(names).size).toBe(names.length);
  for (const { Properties } of saved) {
    const { Name, Description, QueryString } = Properties;
    expect(Name.length, Name).toBeLessThanOrEqual(128);
    expect(Description.length, Name).toBeLessThanOrEqual(1024);
    expect(QueryString, Name).not.toMatch(/\{\{|^--/);
    expect(QueryString, Name).toMatch(/^(WITH|SELECT)\b/);
    expect(QueryString, Name).toContain(
      "dt BETWEEN CAST(CAST(current_date - INTERVAL '7' DAY AS date) AS varchar) AND",
    );
    for (const [, zone] of QueryString.matchAll(/AT TIME ZONE '([^']*)'/g)) {
      expect(zone, Name).toBe(prod.timeZone);
    }
    expect(readable(Properties.WorkGroup)).toBe('Workgroup');
    expect(readable(Properties.Database)).toBe('LakeDatabase');
  }
});

test('a placeholder that only a program can fill is refused at synthesis, by name', () => {
  // This one is aggregator-daily's.
  const period = { days: 7, timeZone: 'UTC' };
  expect(() => lakeSql('analytics/daily.sql', period)).toThrow(
    /analytics\/daily\.sql has \{\{\w+\}\}/,
  );
});
