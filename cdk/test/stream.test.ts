import { expect, test } from 'vitest';
import { readable } from './readable.ts';
import { inProd } from './synthesized.ts';

test('the relay is fed every new item, and nothing that it fails on is lost', () => {
  const mapping = inProd().only('AWS::Lambda::EventSourceMapping').Properties;
  const { EventSourceArn, FunctionName, DestinationConfig, ...rest } = mapping;
  expect(readable(EventSourceArn)).toBe('LocationEvents.StreamArn');
  expect(readable(FunctionName)).toBe('RelayFunction');
  expect(readable(DestinationConfig.OnFailure.Destination)).toBe('RelayFailuresBucket.Arn');
  expect(rest).toEqual({
    StartingPosition: 'TRIM_HORIZON',
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 20,
    MaximumRecordAgeInSeconds: 21_600,
    BatchSize: 1000,
    MaximumBatchingWindowInSeconds: 1,
    MetricsConfig: { Metrics: ['EventCount'] },
  });
});

test('the stream carries new images', () => {
  const table = inProd().resources('AWS::DynamoDB::GlobalTable').get('LocationEvents');
  expect(table?.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
});
