import { expect, it } from 'vitest';
import { momentOf, wallOf } from './when';

const la = 'America/Los_Angeles';

it('a time on the wall is a moment, summer and winter', () => {
  expect(momentOf('2026-10-06', '10:00', la)?.toISOString()).toBe('2026-10-06T17:00:00.000Z');
  expect(momentOf('2026-12-08', '10:00', la)?.toISOString()).toBe('2026-12-08T18:00:00.000Z');
  expect(momentOf('2026-10-06', '10:00', 'Asia/Kolkata')?.toISOString()).toBe('2026-10-06T04:30:00.000Z');
});

it('also near a change of clocks', () => {
  expect(momentOf('2026-11-01', '00:30', la)?.toISOString()).toBe('2026-11-01T07:30:00.000Z');
  expect(momentOf('2026-11-01', '03:00', la)?.toISOString()).toBe('2026-11-01T11:00:00.000Z');
  expect(momentOf('2026-03-08', '04:00', la)?.toISOString()).toBe('2026-03-08T11:00:00.000Z');
});

it('and back', () => {
  expect(wallOf('2026-10-06T17:00:00Z', la)).toEqual({ day: '2026-10-06', time: '10:00' });
  expect(wallOf('2026-10-07T05:30:00Z', la)).toEqual({ day: '2026-10-06', time: '22:30' });
});

it('nonsense is no moment', () => expect(momentOf('soon', '10:00', la)).toBeNull());
