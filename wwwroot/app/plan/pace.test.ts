import { describe, expect, it } from 'vitest';
import type { BlockView, PlanView } from '../contract';
import { endsAt, givers, lengthWords, nextBlock, paceOf } from './pace';

const at = (time: string) => `2026-10-06T${time}:00Z`;
const ms = (time: string) => Date.parse(at(time));

const block = (
  id: string,
  minutes: number,
  planned: string,
  starts: string,
  ends: string,
  state: BlockView['state'],
): BlockView => ({
  block: id,
  title: id,
  kind: 'talk',
  minutes,
  plannedMinutes: minutes,
  plannedAt: at(planned),
  startsAt: at(starts),
  endsAt: at(ends),
  state,
});

const plan = (change: Partial<PlanView> = {}): PlanView => ({
  type: 'plan',
  blocks: [
    block('task', 4, '10:06', '10:06', '10:12', 'done'),
    block('practice', 40, '10:10', '10:12', '10:52', 'now'),
    block('report', 8, '10:50', '10:52', '11:00', 'later'),
    block('close', 2, '10:58', '11:00', '11:02', 'later'),
  ],
  now: 'practice',
  pausedAt: null,
  plannedEnd: at('11:00'),
  expectedEnd: at('11:02'),
  ...change,
});

describe('the pace', () => {
  it('says in words how late it gets', () => {
    expect(paceOf(plan(), ms('10:26'), 'UTC')).toEqual({
      late: 2,
      head: '2 minutes behind.',
      rest: 'As it stands we end at 11:02, 2 minutes late.',
    });
    expect(paceOf(plan({ expectedEnd: at('11:00') }), ms('10:26'), 'UTC').head).toBe('On time.');
    expect(paceOf(plan({ expectedEnd: at('10:59') }), ms('10:26'), 'UTC').rest).toBe(
      'As it stands we end at 10:59, 1 minute early.',
    );
    // a session that is tried out the evening before
    expect(paceOf(plan({ expectedEnd: at('01:00') }), ms('00:26'), 'UTC').head).toBe('10 hours ahead.');
  });

  it('a block that runs over moves the end with every minute', () => {
    expect(endsAt(plan(), ms('10:51'))).toBe(ms('11:02'));
    expect(endsAt(plan(), ms('10:55'))).toBe(ms('11:05'));
  });

  it('so do clocks that stand, and a block does not run over while they do', () => {
    expect(endsAt(plan({ pausedAt: at('10:30') }), ms('10:33'))).toBe(ms('11:05'));
    expect(endsAt(plan({ pausedAt: at('10:50') }), ms('10:56'))).toBe(ms('11:08'));
  });
});

it('a block that is over says what it took', () => {
  expect(lengthWords(plan().blocks[0]!)).toBe('6 min, 2 over');
  expect(lengthWords(plan().blocks[1]!)).toBe('40 min');
});

it('minutes are taken from a later block that has them', () => {
  expect(givers(plan(), 2).map((one) => one.block)).toEqual(['report']);
  expect(givers(plan(), 1).map((one) => one.block)).toEqual(['report', 'close']);
});

it('the next block follows the one that runs', () => {
  expect(nextBlock(plan())?.block).toBe('report');
  expect(nextBlock(plan({ now: null }))?.block).toBe('task');
  expect(nextBlock(plan({ now: 'close' }))).toBeUndefined();
});
