import { expect, test } from 'vitest';
import { prod } from '../../environments/prod.ts';
import type { StreamSettings } from '../environment.ts';
import { readable } from './readable.ts';
import { inProd } from './synthesized.ts';

const SETTINGS: Record<string, StreamSettings> = {
  'RelayLive.Name:live': prod.relay,
  'AggregatorMinutesLive.Name:live': prod.aggregator.minutes,
};

test('functions are fed what is new in their tables, and nothing that they fail on is lost', () => {
  const mappings = [...inProd().resources('AWS::Lambda::EventSourceMapping').values()].map(
    ({ Properties }) => {
      const { EventSourceArn, FilterCriteria, FunctionName, DestinationConfig, ...rest } =
        Properties;
      const target = readable(FunctionName);
      const settings = SETTINGS[target];
      expect(readable(DestinationConfig.OnFailure.Destination)).toBe('RelayFailuresBucket.Arn');
      expect(rest, target).toEqual({
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 20,
        MaximumRecordAgeInSeconds: 21_600,
        BatchSize: settings?.batchSize,
        MaximumBatchingWindowInSeconds: settings?.batchWindowSeconds,
        MetricsConfig: { Metrics: ['EventCount'] },
      });
      return `${target} ← ${readable(EventSourceArn)}: ${FilterCriteria.Filters[0].Pattern}`;
    },
  );
  // What expires (REMOVE) is no event; an event of the log never changes, a delivery does.
  expect(mappings.sort()).toEqual([
    'AggregatorMinutesLive.Name:live ← LocationEvents.StreamArn: {"eventName":["INSERT"]}',
    'RelayLive.Name:live ← DeliveryAssignments.StreamArn: {"eventName":["INSERT","MODIFY"]}',
    'RelayLive.Name:live ← LocationEvents.StreamArn: {"eventName":["INSERT"]}',
  ]);
});

test('the streams carry new images, and nothing is derived from what is derived', () => {
  for (const [id, table] of inProd().resources('AWS::DynamoDB::GlobalTable')) {
    const streamed = id === 'Aggregates' ? undefined : { StreamViewType: 'NEW_IMAGE' };
    expect(table.Properties.StreamSpecification, id).toEqual(streamed);
  }
});
