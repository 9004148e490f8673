import { Duration } from 'aws-cdk-lib';
import {
  Color,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  LegendPosition,
  MathExpression,
  type Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  acceptedEvents,
  duplicateEvents,
  quarantinedRequests,
  storedToBusSeconds,
} from './event-metrics.ts';
import { ACKNOWLEDGED_PERCENT, IN_THE_LAKE, ON_THE_BUS } from './objectives.ts';
import type { Traffic } from './write-edge-api.ts';

/** What a stack shows of itself, each metric with its label. */
export interface Watched {
  /** How old the records are that a stream's function works on, in milliseconds. */
  readonly ages: readonly Metric[];
  /** Counts of what did not reach its target. */
  readonly losses: readonly Metric[];
  /** What waits in dead-letter queues. */
  readonly deadLetters: readonly Metric[];
}

export interface OperationsDashboardProps extends Watched {
  readonly name: string;
  readonly traffic: Traffic;
  /** How old what Firehose holds is, in seconds. */
  readonly deliveryAges: readonly Metric[];
}

/** Three questions, a row each: are we receiving, are we late, are we losing? */
export class OperationsDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: OperationsDashboardProps) {
    super(scope, id, { dashboardName: props.name, defaultInterval: Duration.hours(3) });
    const { requests, refused, failed } = props.traffic;
    this.question('Are we receiving?', [
      {
        title: 'Posts in five minutes',
        left: [
          requests.with({ label: 'all', color: Color.BLUE }),
          refused.with({ label: '4xx', color: Color.ORANGE }),
          failed.with({ label: '5xx', color: Color.RED }),
        ],
      },
      {
        title: 'Events in five minutes',
        left: [
          acceptedEvents.with({ label: 'new', color: Color.BLUE }),
          duplicateEvents.with({ label: 'repeated', color: Color.GREY }),
          quarantinedRequests.with({ label: 'requests in quarantine', color: Color.ORANGE }),
        ],
      },
      {
        title: 'Valid posts acknowledged, %',
        left: [
          new MathExpression({
            expression: '100 * (1 - FILL(failed, 0) / (requests - FILL(refused, 0)))',
            usingMetrics: { requests, refused, failed },
            label: 'acknowledged',
            color: Color.BLUE,
          }),
        ],
        leftAnnotations: [promise(ACKNOWLEDGED_PERCENT, '99.9 %')],
        leftYAxis: { min: 99, max: 100 },
      },
    ]);
    this.question('Are we late?', [
      {
        title: 'Received until on the bus, s',
        left: [
          storedToBusSeconds.with({ label: '99 of 100', color: Color.BLUE }),
          storedToBusSeconds.with({ label: 'half', statistic: 'p50', color: Color.GREY }),
        ],
        leftAnnotations: [promise(ON_THE_BUS.toSeconds(), '2 s for 99 of 100')],
      },
      { title: 'Age of what streams wait with, ms', left: [...props.ages] },
      {
        title: 'Age of what the lake waits for, s',
        left: [...props.deliveryAges],
        leftAnnotations: [promise(IN_THE_LAKE.toSeconds(), '15 min')],
      },
    ]);
    this.question('Are we losing?', [
      { title: 'Waiting in dead-letter queues', left: [...props.deadLetters] },
      { title: 'Given up, dropped, not converted, in five minutes', left: [...props.losses] },
    ]);
  }

  /** A row: the question, and graphs that share the width. */
  private question(text: string, graphs: GraphWidgetProps[]): void {
    this.addWidgets(new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 }));
    this.addWidgets(
      ...graphs.map(
        (graph) =>
          new GraphWidget({
            leftYAxis: { min: 0 },
            legendPosition: LegendPosition.BOTTOM,
            ...graph,
            width: 24 / graphs.length,
          }),
      ),
    );
  }
}

/** The line that a graph must stay on the right side of. */
function promise(value: number, what: string) {
  return { value, label: `promised: ${what}`, color: Color.RED };
}
