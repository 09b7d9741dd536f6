import { describe, expect, it } from 'vitest';
import type { HelpView, WatchView } from '../contract';
import { byNeed, commonPhase, leastFull, longName, shortName } from './needs';

const now = Date.parse('2026-10-06T17:26:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

const room = (number: number, change: Partial<WatchView> = {}): WatchView => ({
  type: 'watch',
  room: `r${number}`,
  number,
  name: `Room ${number}`,
  members: ['a', 'b', 'c', 'd', 'e'],
  visitors: [],
  present: 5,
  phase: 'a_hopes',
  phaseEndsAt: ago(-6),
  stepsBehind: 0,
  lastLine: null,
  lastAt: ago(0),
  notes: 3,
  turns: 2,
  help: null,
  endsAt: ago(-26),
  extraMinutes: 0,
  ...change,
});

const call = (number: number, change: Partial<HelpView> = {}): HelpView => ({
  type: 'help',
  help: `h${number}`,
  room: `r${number}`,
  roomName: `Room ${number}`,
  by: 'a',
  words: null,
  at: ago(1),
  state: 'waiting',
  place: 1,
  ...change,
});

describe('rooms that need somebody', () => {
  it('come before those that go well, the longest call first', () => {
    const rooms = [
      room(1),
      room(9, { present: 3 }),
      room(12),
      room(16, { lastAt: ago(7) }),
      room(4, { stepsBehind: 1 }),
      room(23, { present: 2 }),
      room(19),
      room(7),
    ];
    const calls = [call(19), call(7, { at: ago(2) }), call(12, { state: 'onTheWay', claimedBy: 'rosa' })];
    const ordered = byNeed(rooms, calls, now);
    expect(ordered.map((one) => one.watch.number)).toEqual([7, 19, 23, 4, 16, 12, 9, 1]);
    expect(ordered.map((one) => one.why.is)).toEqual([
      'call',
      'call',
      'missing',
      'behind',
      'quiet',
      'coming',
      'missing',
      'fine',
    ]);
  });

  it('one missing person of five is nothing to go for, of two it is', () => {
    expect(byNeed([room(1, { present: 4 })], [], now)[0]?.why).toEqual({ is: 'fine' });
    expect(byNeed([room(1, { members: ['a', 'b'], present: 1 })], [], now)[0]?.why).toEqual({
      is: 'missing',
      missing: 1,
    });
  });

  it('a call that is over is not told', () => {
    expect(byNeed([room(1)], [call(1, { state: 'done' })], now)[0]?.why.is).toBe('fine');
    expect(byNeed([room(1)], [call(1, { state: 'calledOff' })], now)[0]?.why.is).toBe('fine');
  });
});

describe('the step most rooms are in', () => {
  it('says whether all are', () => {
    expect(commonPhase([room(1), room(2)])).toEqual({ phase: 'a_hopes', all: true });
    expect(commonPhase([room(1), room(2), room(3, { phase: 'write' })])).toEqual({ phase: 'a_hopes', all: false });
    expect(commonPhase([room(1, { phase: null })])).toBeNull();
  });
});

it('a latecomer goes to the room with the fewest people that has space', () => {
  const rooms = [
    room(1, { members: ['a', 'b', 'c'] }),
    room(2, { members: ['a', 'b'] }),
    room(3, { members: ['a', 'b'] }),
  ];
  expect(leastFull(rooms)?.number).toBe(2);
  expect(leastFull(rooms, 2)?.number).toBe(2);
  expect(leastFull([])).toBeNull();
});

it('a room without a name of its own is not called twice', () => {
  expect(shortName(room(7))).toBe('7');
  expect(longName(room(7))).toBe('Room 7');
  expect(longName(room(7, { name: 'Manzanita' }))).toBe('Room 7, Manzanita');
});
