import { Duration } from 'aws-cdk-lib';
import { Archive, EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { Bus } from './environment.ts';

/** The bus that crossings, trip events and what happens to deliveries are published on. */
export class LocationBus extends EventBus {
  constructor(scope: Construct, id: string, settings: Bus) {
    super(scope, id, {
      // A contract with the subscribers' own stacks.
      eventBusName: 'milkrun',
      description: 'Crossings, trips and deliveries: at least once, in no order',
    });
    if (settings.archiveDays !== undefined) {
      new Archive(this, 'Archive', {
        description: 'Replays events to a subscriber that was broken or did not exist yet',
        sourceEventBus: this,
        eventPattern: { source: ['milkrun'] },
        retention: Duration.days(settings.archiveDays),
      });
    }
  }
}
