import { expect, test } from 'vitest';
import { clockWords, noticeDue } from './clockWords';

const start = Date.parse('2026-11-24T18:22:00Z');
const step = {
  startedAt: new Date(start).toISOString(),
  endsAt: new Date(start + 600_000).toISOString(),
  extraMinutes: 0,
};
const at = (minutes: number, more = {}) =>
  clockWords({ step, warn: ['half', '1m'], now: start + minutes * 60_000, zone: 'America/Los_Angeles', ...more });

test('the clock says what is left and when it ends', () => {
  expect(at(1)).toEqual({ words: '9 minutes left', under: 'Ends 10:32.', part: 0.9 });
  expect(at(4)).toMatchObject({ words: '6 minutes left', under: 'Ends 10:32. Half-time in 1 minute.' });
  expect(at(5)).toMatchObject({ words: '5 minutes left', under: 'Half-time' });
  expect(at(9)).toMatchObject({ words: '1 minute left', under: 'Finish your thought' });
  expect(at(9.6).words).toBe('30 seconds left');
});

test('nothing is cut off when the time is up', () => {
  expect(at(12, { leader: 'Priya' })).toEqual({ words: 'Time is up', under: 'Moves on when Priya says', part: 0 });
});

test('a pause stands still and says who made it; an extension says from whom', () => {
  const pausedAt = new Date(start + 240_000).toISOString();
  expect(at(30, { pausedAt, pausedBy: 'Dolores' })).toEqual({
    words: 'Paused',
    under: 'Dolores stopped the clocks',
    part: 0.6,
  });
  expect(at(2, { step: { ...step, extraMinutes: 2 }, extendedBy: 'Dolores' }).under).toBe(
    '2 more, from Dolores. Ends 10:32.',
  );
});

test('notices are due once, in their own minute', () => {
  expect(noticeDue(['half', '1m'], 600_000, 300_000)).toBe('Half-time. 5 minutes left in this step.');
  expect(noticeDue(['half', '1m'], 600_000, 200_000)).toBeNull();
  expect(noticeDue(['half', '1m'], 600_000, 59_000)).toContain('1 minute left');
  expect(noticeDue(['1m'], 600_000, 20_000)).toBeNull();
  expect(noticeDue(['30s'], 600_000, 20_000)).toContain('30 seconds');
});
