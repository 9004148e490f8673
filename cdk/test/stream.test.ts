import { expect, test } from 'vitest';
import { readable } from './readable.ts';
import { inProd } from './synthesized.ts';

test('the relay is fed what is new in both tables, and nothing that it fails on is lost', () => {
  const mappings = [...inProd().resources('AWS::Lambda::EventSourceMapping').values()].map(
    ({ Properties }) => {
      const { EventSourceArn, FilterCriteria, FunctionName, DestinationConfig, ...rest } =
        Properties;
      expect(readable(FunctionName)).toBe('RelayFunction');
      expect(readable(DestinationConfig.OnFailure.Destination)).toBe('RelayFailuresBucket.Arn');
      expect(rest).toEqual({
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 20,
        MaximumRecordAgeInSeconds: 21_600,
        BatchSize: 1000,
        MaximumBatchingWindowInSeconds: 1,
        MetricsConfig: { Metrics: ['EventCount'] },
      });
      return [readable(EventSourceArn), FilterCriteria.Filters];
    },
  );
  // What expires (REMOVE) is no event; an event of the log never changes, a delivery does.
  expect(Object.fromEntries(mappings)).toEqual({
    'LocationEvents.StreamArn': [{ Pattern: '{"eventName":["INSERT"]}' }],
    'DeliveryAssignments.StreamArn': [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }],
  });
});

test('the streams carry new images', () => {
  for (const [id, table] of inProd().resources('AWS::DynamoDB::GlobalTable')) {
    expect(table.Properties.StreamSpecification, id).toEqual({ StreamViewType: 'NEW_IMAGE' });
  }
});
