import { GIGABYTE } from './arrival.ts';
import { filesPerMillion } from './files.ts';
import { invocations } from './invocations.ts';
import { indexed, size } from './item.ts';
import { accessLine, logPrice } from './logs.ts';
import { type Line, type Question, sum } from './question.ts';
import { MILLION } from './workload.ts';

const WRITE_UNIT_BYTES = 1_024;
const FIREHOSE_STEP_BYTES = 5 * 1_024;
/** Requests and gigabytes of a month that cost another price than those beyond. */
const HTTP_API_FIRST = 300 * MILLION;
const DATA_OUT_FREE = 100;

/** From a sender's request to the log, the lake and the bus. */
export function takingIn(question: Question): Line[] {
  const { deployed, prices, assumptions, arrival } = question;
  const { bytes, milliseconds } = assumptions;
  const requests = arrival.requestsPerMillion;
  const relayed = arrival.batches(deployed.stream('Stream'));
  const eventsPerRequest = MILLION / requests;
  const access = accessLine(deployed.one('AWS::ApiGatewayV2::Stage', 'WriteEdgeStage'));

  const published = relayed.perMillion * Math.min(1, relayed.events * assumptions.shareOnBus);
  const metricLines = relayed.perMillion + published;
  const millions = arrival.positionsPerMonth / MILLION;
  return [
    {
      what: 'HTTP API: requests',
      dollars: tiered(requests / MILLION, millions, HTTP_API_FIRST / MILLION, [
        prices.dollars('http-api-request'),
        prices.dollars('http-api-request-beyond'),
      ]),
    },
    {
      what: 'HTTP API: answers, data out',
      dollars: tiered((requests * bytes.answer) / GIGABYTE, millions, DATA_OUT_FREE, [
        0,
        prices.dollars('data-out-gb'),
      ]),
    },
    {
      what: 'HTTP API: access log',
      dollars:
        ((requests * (access + bytes.lineOverhead)) / GIGABYTE) *
        prices.dollars(logPrice(deployed, 'WriteEdgeAccessLog')),
    },
    ...invocations(question, {
      name: 'ingest',
      id: 'IngestFunction',
      perMillion: requests,
      duration: milliseconds.ingest,
      items: eventsPerRequest,
    }),
    ...writes(question),
    ...invocations(question, {
      name: 'relay',
      id: 'RelayFunction',
      perMillion: relayed.perMillion,
      duration: milliseconds.relay,
      items: relayed.events,
    }),
    { what: 'Firehose: to the lake, as Parquet', dollars: firehose(question, relayed) },
    {
      what: 'S3: files of the lake',
      dollars: filesPerMillion(question) * prices.dollars('s3-put'),
    },
    {
      what: 'EventBridge: events on the bus',
      dollars: assumptions.shareOnBus * prices.dollars('event-million'),
    },
    {
      what: "Metrics: relay's lines",
      dollars:
        ((metricLines * (bytes.metricLine + bytes.lineOverhead)) / GIGABYTE) *
        prices.dollars(logPrice(deployed, 'RelayLog')),
    },
  ];
}

/** The log's item, and what each index copies of it. */
function writes({ deployed, prices, assumptions }: Question): Line[] {
  const { attributes } = assumptions.bytes;
  const unit = prices.dollars('dynamodb-write-unit');
  const cost = (bytes: number) => Math.ceil(bytes / WRITE_UNIT_BYTES) * unit;
  const { indexes } = deployed.table('LocationEvents');
  return [
    { what: 'DynamoDB: writes to the log', dollars: cost(size(attributes)) },
    {
      what: 'DynamoDB: writes to its indexes',
      dollars: sum(
        indexes.map(
          (index) => indexed(index.keys, assumptions) * cost(size(attributes, index.holds)),
        ),
      ),
    },
  ];
}

/** Each Firehose record has a batch's rows, and is rounded up: on average by half a step. */
function firehose(
  { deployed, prices, assumptions }: Question,
  relayed: { events: number; perMillion: number },
): number {
  const record = Math.max(
    FIREHOSE_STEP_BYTES,
    relayed.events * assumptions.bytes.row + FIREHOSE_STEP_BYTES / 2,
  );
  const stream = deployed.one('AWS::KinesisFirehose::DeliveryStream', 'DeliveryStream');
  const conversion = stream.ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration;
  const gigabyte =
    prices.dollars('firehose-gb') +
    (conversion?.Enabled === true ? prices.dollars('firehose-conversion-gb') : 0);
  return ((relayed.perMillion * record) / GIGABYTE) * gigabyte;
}

/** The average price of units of which the first of each month cost another price. */
function tiered(
  perMillion: number,
  millions: number,
  first: number,
  [low, high]: readonly [number, number],
): number {
  const units = perMillion * millions;
  const within = Math.min(units, first);
  return (within * low + (units - within) * high) / millions;
}
