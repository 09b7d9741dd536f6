import { expect, test } from 'vitest';
import { Connection, type Heard, type Hub } from './connection';
import { pack } from './packing';
import type { Show, Snapshot } from './wire';

const snapshot = (head: number): Snapshot => ({
  session: 's',
  person: 'p',
  isStaff: false,
  head,
  archived: 0,
  now: '2026-11-24T18:00:00Z',
  audiences: [{ audience: 'all', upTo: head, whole: true, changes: [] }],
});
const show = (after: number): Show => ({ audience: 'all', after, upTo: after + 1, changes: [] });

function asked<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

/** A hub whose every step the test takes by hand. */
class HandHub implements Hub {
  heard = new Map<string, (message: never) => void>();
  closed: () => void = () => undefined;
  calls: [string, object][] = [];
  entering = asked<Snapshot>();
  /** How long the log was when each answer to Resume was made. */
  resumed: number[] = [];
  acted: Promise<Snapshot> | null = null;
  refusesToStart = false;
  start = async () => {
    if (this.refusesToStart) throw new Error('nobody there');
  };
  stop = async () => this.closed();
  tell = async () => undefined;
  call = <T>(method: string, message: object): Promise<T> => {
    this.calls.push([method, message]);
    return (
      method === 'Enter'
        ? this.entering.promise
        : method === 'Act' && this.acted
          ? this.acted
          : Promise.resolve(snapshot(this.resumed.shift() ?? 9))
    ) as Promise<T>;
  };
  on = (method: string, heard: (message: never) => void) => void this.heard.set(method, heard);
  onClosed = (closed: () => void) => void (this.closed = closed);
  say = (method: string, message: object) => this.heard.get(method)!(message as never);
}

function line(
  prepare: (hub: HandHub, index: number) => void = () => undefined,
  renew: () => Promise<boolean> = async () => true,
) {
  const hubs: HandHub[] = [];
  const waits: number[] = [];
  const told: string[] = [];
  const heard: Heard = {
    show: (one) => told.push(`show ${one.after}`),
    snapshot: (one, fresh) => told.push(`${fresh ? 'fresh' : 'later'} ${one.head}`),
    heads: () => told.push('heads'),
    glimpsed: () => told.push('glimpsed'),
    dismissed: (one) => told.push(`dismissed ${one.why}`),
    leaving: () => told.push('leaving'),
    open: () => told.push('open'),
    lost: () => told.push('lost'),
  };
  const connection = new Connection({
    hub: () => {
      const hub = new HandHub();
      prepare(hub, hubs.length);
      hubs.push(hub);
      return hub;
    },
    instance: 'i',
    positions: () => ({ all: 4 }),
    heard,
    renew,
    random: () => 1,
    wait: async (ms) => void waits.push(ms),
  });
  return { connection, hubs, waits, told, run: connection.run() };
}

const until = async (so: () => boolean) => {
  for (let tries = 0; !so() && tries < 400; tries++) await new Promise((done) => setTimeout(done, 5));
};
const settle = () => new Promise((done) => setTimeout(done, 5));

test('what is shown before the first snapshot is kept and follows it', async () => {
  const { hubs, told, connection, run } = line();
  await settle();
  hubs[0]!.say('Show', show(5));
  hubs[0]!.say('Show', show(6));
  expect(told).toEqual([]);
  hubs[0]!.entering.resolve(snapshot(5));
  await settle();
  expect(told).toEqual(['fresh 5', 'show 5', 'show 6', 'open']);
  expect(hubs[0]!.calls[0]).toEqual(['Enter', { instance: 'i', positions: { all: 4 }, tables: true, leaves: true }]);
  await connection.leave();
  await run;
});

test('a move that is told before the first answer follows it', async () => {
  const { hubs, told, connection, run } = line();
  await settle();
  hubs[0]!.say('Moved', snapshot(6));
  hubs[0]!.entering.resolve(snapshot(5));
  await settle();
  expect(told).toEqual(['fresh 5', 'later 6', 'open']);
  await connection.leave();
  await run;
});

test('a server that is about to end is left once everything that was sent is answered', async () => {
  const answer = asked<Snapshot>();
  const { hubs, told, waits, connection, run } = line((hub) => {
    hub.entering.resolve(snapshot(5));
    hub.acted = answer.promise;
  });
  await settle();
  const acting = connection.act({ number: 1 });
  hubs[0]!.say('Leaving', { inMilliseconds: 400 });
  hubs[0]!.say('Leaving', { inMilliseconds: 400 });
  hubs[0]!.say('Show', show(5));
  await settle();
  expect(waits).toEqual([400, 400]);
  expect(told).toEqual(['fresh 5', 'open', 'leaving', 'leaving', 'show 5']);
  expect(connection.isOpen).toBe(true);
  answer.resolve(snapshot(6));
  await acting;
  await until(() => hubs.length === 2);
  expect(told.slice(5)).toEqual(['lost', 'fresh 5', 'open']);
  expect(waits).toEqual([400, 400, 400]);
  await connection.leave();
  await run;
});

test('that the server is about to end may overtake the first answer: nothing is sent then', async () => {
  const { hubs, told, connection, run } = line();
  await settle();
  hubs[0]!.say('Leaving', { inMilliseconds: 400 });
  hubs[0]!.stop = async () => undefined;
  hubs[0]!.entering.resolve(snapshot(5));
  await settle();
  expect(told).toEqual(['leaving', 'fresh 5']);
  await connection.leave();
  hubs[0]!.closed();
  await run;
});

test('a line that broke after the server said that it leaves is not closed a second time', async () => {
  const answer = asked<Snapshot>();
  const { hubs, connection, run } = line((hub) => {
    hub.entering.resolve(snapshot(5));
    hub.acted = answer.promise;
  });
  await settle();
  void connection.act({ number: 1 });
  hubs[0]!.say('Leaving', { inMilliseconds: 400 });
  await settle();
  hubs[0]!.closed();
  await until(() => hubs.length === 2);
  let stops = 0;
  hubs[0]!.stop = async () => void stops++;
  answer.resolve(snapshot(6));
  await settle();
  expect(stops).toBe(0);
  expect(connection.isOpen).toBe(true);
  await connection.leave();
  await run;
});

test('an answer made before a move does not undo it: it is asked for again', async () => {
  const { hubs, told, connection, run } = line((hub) => {
    hub.entering.resolve(snapshot(5));
    hub.resumed = [6, 7];
  });
  await settle();
  hubs[0]!.say('Moved', snapshot(7));
  await connection.resume();
  expect(hubs[0]!.calls.map(([method]) => method)).toEqual(['Enter', 'Resume', 'Resume']);
  expect(told).toEqual(['fresh 5', 'open', 'later 7', 'later 7']);
  await connection.leave();
  await run;
});

test('a server that is there and lets nobody in is asked again within a second', async () => {
  const { hubs, waits, connection, run } = line((hub, index) => {
    if (index < 5) hub.call = () => Promise.reject(new Error('HubException: This could not be saved yet.'));
    else hub.entering.resolve(snapshot(5));
  });
  await settle();
  await settle();
  expect(hubs).toHaveLength(6);
  expect(waits).toEqual([400, 800, 1_000, 1_000, 1_000]);
  await connection.leave();
  await run;
});

test('a line that breaks is made again, with waits that grow to five seconds and no end', async () => {
  const { hubs, waits, connection, told, run } = line((hub, index) => {
    hub.refusesToStart = index > 0 && index < 9;
    if (!hub.refusesToStart) hub.entering.resolve(snapshot(index));
  });
  await settle();
  hubs[0]!.closed();
  await settle();
  await settle();
  expect(hubs).toHaveLength(10);
  expect(waits).toEqual([400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000]);
  expect(told.at(-1)).toBe('open');
  expect(told.filter((one) => one.startsWith('fresh'))).toEqual(['fresh 0', 'fresh 9']);
  await connection.leave();
  await run;
});

test('without a seat there is no more trying', async () => {
  const { hubs, run } = line(
    (hub) => void (hub.refusesToStart = true),
    async () => false,
  );
  await run;
  expect(hubs).toHaveLength(2);
});

test('a server that cannot be asked about the seat is no reason to give up', async () => {
  let asked = 0;
  const { hubs, connection, run } = line(
    (hub, index) => void (index < 7 ? (hub.refusesToStart = true) : hub.entering.resolve(snapshot(1))),
    async () => {
      asked++;
      throw new Error('no network');
    },
  );
  await settle();
  await settle();
  expect(asked).toBeGreaterThan(0);
  expect(hubs).toHaveLength(8);
  await connection.leave();
  await run;
});

test('whoever is dismissed does not come back by itself', async () => {
  const { hubs, told, run } = line((hub) => hub.entering.resolve(snapshot(1)));
  await settle();
  hubs[0]!.say('Dismissed', { why: 'removed', words: 'You were removed.' });
  await run;
  expect(told).toEqual(['fresh 1', 'open', 'dismissed removed', 'lost']);
  expect(hubs).toHaveLength(1);
});

test('one question about what was missed at a time', async () => {
  const { hubs, connection, told, run } = line((hub) => hub.entering.resolve(snapshot(1)));
  await settle();
  await Promise.all([connection.resume(), connection.resume()]);
  expect(hubs[0]!.calls.filter(([method]) => method === 'Resume')).toHaveLength(1);
  expect(told.at(-1)).toBe('later 9');
  await connection.leave();
  await run;
});

test('a command without a line is not sent', () => {
  const { connection } = line((hub) => void (hub.refusesToStart = true));
  expect(() => connection.act({})).toThrow();
  void connection.leave();
});

test('what comes packed keeps its place among what comes plain, also before the first answer', async () => {
  const { hubs, told, connection, run } = line();
  const packed = await pack();
  await settle();
  hubs[0]!.say('Show', { ...show(5), packed: [packed] });
  hubs[0]!.say('Show', show(6));
  hubs[0]!.entering.resolve(snapshot(5));
  await until(() => told.includes('open'));
  hubs[0]!.say('Show', { ...show(7), packed: [packed] });
  hubs[0]!.say('Show', show(8));
  hubs[0]!.say('Moved', { ...snapshot(9), audiences: [{ ...snapshot(9).audiences[0]!, packed: [packed] }] });
  hubs[0]!.say('Show', show(9));
  await until(() => told.includes('show 9'));
  expect(told).toEqual(['fresh 5', 'show 5', 'show 6', 'open', 'show 7', 'show 8', 'later 9', 'show 9']);
  await connection.leave();
  await run;
});

test('what cannot be unpacked holds up nothing', async () => {
  const { hubs, told, connection, run } = line((hub) => hub.entering.resolve(snapshot(5)));
  await until(() => told.includes('open'));
  hubs[0]!.say('Show', { ...show(5), packed: ['bm90IGRlZmxhdGVk'] });
  hubs[0]!.say('Show', show(6));
  await until(() => told.includes('show 6'));
  expect(told).not.toContain('show 5');
  await connection.leave();
  await run;
});
