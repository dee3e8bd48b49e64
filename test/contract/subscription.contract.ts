import type { Test } from 'tap';
import { NO_STREAM } from '#kernel/event.ts';
import type { EventStore, PositionedEvent } from '#ports/event-store.ts';
import { appendOf, freshStream, type Made, type Make, signal } from './fixture.ts';

/** What every EventStore's subscription does. */
export function subscriptionContract(t: Test, make: Make<EventStore>): void {
  const check = (name: string, body: (t: Test, store: EventStore, made: Made<EventStore>) => Promise<void>): void => {
    t.test(name, async (t) => {
      const made = await make();
      t.teardown(() => made.close());
      await body(t, made.store, made);
    });
  };

  /** Subscribes, and answers what came once `count` events have. */
  function collect(store: EventStore, options: Parameters<EventStore['subscribe']>[0], count: number) {
    const events: PositionedEvent[] = [];
    const { arrived, arrive } = signal();
    const subscription = store.subscribe(options, (event) => {
      events.push(event);
      if (events.length === count) arrive();
    });
    return { events, arrived, subscription };
  }

  check('the past comes first, then the future, in the order of the log, each event once', async (t, store) => {
    for (let index = 0; index < 6; index++) await store.append(appendOf(freshStream(), NO_STREAM, 100));
    const { events, arrived, subscription } = collect(store, { after: -1 }, 800);
    t.equal(events.length, 0, 'nothing comes before subscribe has returned');
    await Promise.all([store.append(appendOf(freshStream(), NO_STREAM, 100)), store.append(appendOf(freshStream(), NO_STREAM, 100))]);
    await arrived;
    t.strictSame(events, await store.readAll(-1, 1_000));
    subscription.close();
    await subscription.ended;
  });

  check('a waiting subscription is woken by an append', async (t, store) => {
    const first = collect(store, { after: -1 }, 1);
    await store.append(appendOf(freshStream()));
    await first.arrived;
    const second = collect(store, { after: 0 }, 2);
    for (let revision = 0; revision < 2; revision++) await store.append(appendOf(freshStream()));
    await second.arrived;
    t.strictSame(
      second.events.map(({ position }) => position),
      [1, 2],
      'the position itself is not repeated',
    );
    for (const { subscription } of [first, second]) {
      subscription.close();
      await subscription.ended;
    }
  });

  check('a prefix selects streams', async (t, store) => {
    const [mine, other] = [freshStream('consent'), freshStream('consents')];
    await store.append(appendOf(mine));
    await store.append(appendOf(other));
    const { events, arrived, subscription } = collect(store, { after: -1, prefix: 'consent-' }, 2);
    await store.append(appendOf(other, 0));
    await store.append(appendOf(mine, 0));
    await arrived;
    t.strictSame(
      events.map(({ event, position }) => [event.stream, position]),
      [
        [mine, 0],
        [mine, 3],
      ],
    );
    subscription.close();
    await subscription.ended;
  });

  check('events are handled one at a time', async (t, store) => {
    await store.append(appendOf(freshStream(), NO_STREAM, 20));
    const { arrived, arrive } = signal();
    let running = 0;
    const seen: number[] = [];
    const subscription = store.subscribe({ after: -1 }, async ({ position }) => {
      t.equal(++running, 1);
      await store.readAll(-1, 1);
      await store.append(appendOf(freshStream('echo')));
      running--;
      seen.push(position);
      if (seen.length === 30) arrive();
    });
    await arrived;
    t.strictSame(
      seen,
      Array.from({ length: 30 }, (_, index) => index),
    );
    subscription.close();
    await subscription.ended;
  });

  check('after close nothing is handled any more', async (t, store) => {
    await store.append(appendOf(freshStream(), NO_STREAM, 10));
    const seen: number[] = [];
    const subscription = store.subscribe({ after: -1 }, ({ position }) => {
      seen.push(position);
      if (position === 4) subscription.close();
    });
    await subscription.ended;
    await store.append(appendOf(freshStream()));
    t.strictSame(seen, [0, 1, 2, 3, 4]);
    subscription.close();

    const idle = store.subscribe({ after: 10 }, () => {
      t.fail('there is nothing to handle');
    });
    idle.close();
    await idle.ended;
  });

  check('an error of the handler ends the subscription', async (t, store) => {
    await store.append(appendOf(freshStream(), NO_STREAM, 3));
    const seen: number[] = [];
    const handle = (position: number): void => {
      seen.push(position);
      if (position === 1) throw new Error('cannot handle this');
    };
    await t.rejects(store.subscribe({ after: -1 }, ({ position }) => handle(position)).ended, { message: 'cannot handle this' });
    await t.rejects(store.subscribe({ after: -1 }, async ({ position }) => handle(position)).ended, { message: 'cannot handle this' });
    t.strictSame(seen, [0, 1, 0, 1]);
  });

  check('a slow or failing subscriber does not hold up another', async (t, store) => {
    const stuck = signal();
    const slow = store.subscribe({ after: -1 }, () => stuck.arrived);
    const { events, arrived, subscription } = collect(store, { after: -1 }, 5);
    await store.append(appendOf(freshStream(), NO_STREAM, 5));
    await arrived;
    t.equal(events.length, 5);
    slow.close();
    stuck.arrive();
    subscription.close();
    await Promise.all([slow.ended, subscription.ended]);
  });

  check('subscriptions end when the store is closed', async (t, store, made) => {
    await store.append(appendOf(freshStream()));
    const { arrived, subscription } = collect(store, { after: -1 }, 1);
    await arrived;
    await made.close();
    await subscription.ended;
    t.pass('ended');
  });
}
