import { expect, it } from 'vitest';
import { copies, eyebrow, greeting, shelfOf, standing, titled } from './home';
import type { SessionRow } from './host';

const now = Date.parse('2026-10-13T16:08:00Z');
const one = (id: string, title: string, startsAt: string, change: Partial<SessionRow> = {}): SessionRow => ({
  session: id,
  title,
  programme: 'Partnership Project Pilot',
  startsAt,
  timeZone: 'America/Los_Angeles',
  minutes: 60,
  stage: 'gathering',
  retentionUntil: '2027-01-12T00:00:00Z',
  isOwner: true,
  came: 0,
  people: 126,
  teams: 25,
  ...change,
});
const week1 = one('a', 'Week 1: Learning About Your Community', '2026-10-06T17:00:00Z', { stage: 'ended', came: 121 });
const week2 = one('b', 'Week 2: Practical Tips for Partnerships', '2026-10-13T17:00:00Z');
const week10 = one('c', 'Week 10: Culmination', '2026-12-08T18:00:00Z', { minutes: 120 });
const older = one('d', 'A trial', '2026-09-01T17:00:00Z', { stage: 'ended' });

it('today stands in the middle, its neighbours beside it, the others below', () => {
  const shelf = shelfOf([week10, older, week2, week1], now);
  expect([shelf.before, shelf.main, shelf.after].map((found) => found?.session)).toEqual(['a', 'b', 'c']);
  expect(shelf.rest.map((found) => found.session)).toEqual(['d']);
});

it('what runs comes before what is planned', () => {
  const running = one('e', 'Late one', '2026-10-14T17:00:00Z', { stage: 'running' });
  expect(shelfOf([week2, running], now).main?.session).toBe('e');
});

it('with nothing left to come there is only what was', () => {
  const shelf = shelfOf([week1, older], now);
  expect([shelf.main, shelf.before?.session, shelf.rest.length]).toEqual([null, 'a', 1]);
});

it('says when, in words', () => {
  expect(titled(week2.title)).toEqual({ week: 'Week 2', name: 'Practical Tips for Partnerships' });
  expect(titled('A trial')).toEqual({ week: null, name: 'A trial' });
  expect(eyebrow(week2, now)).toBe('Week 2, today at 10:00 am Pacific');
  expect(eyebrow(week1, now)).toBe('Week 1, October 6');
  expect(standing(week2, now).words).toBe('Begins in 52 minutes');
  expect(standing(week1, now).words).toBe('Held, 121 of 126 people came');
  expect(standing(week10, now).words).toBe('120 minutes, planned');
  expect(greeting('Dolores', week2, now, 9)).toBe('Good morning, Dolores. Week 2 is today.');
  expect(greeting('Dolores', null, now, 20)).toBe('Good evening, Dolores.');
});

it('says how copying stands, and first of all when nothing is copied', () => {
  const at = '2026-10-13T16:08:00Z';
  expect(copies({ kind: 'elsewhere' }, now)).toBeNull();
  expect(copies({ kind: 'none' }, now)?.words).toContain('on one disk');
  expect(copies({ kind: 'folder', at }, now)).toEqual({
    words: 'Everything is copied to a second disk as it happens.',
    tone: null,
    icon: 'saved',
  });
  expect(copies({ kind: 'folder' }, now)?.words).toBe('The first copy to a second disk is being made.');
  const trouble = 'The disk with the copies is full.';
  expect(copies({ kind: 'folder', at, trouble }, now)?.words).toMatch(
    /^Nothing has been copied to the second disk since \d+:\d\d\. The disk with the copies is full\. What is written is saved/,
  );
  expect(copies({ kind: 'folder', at: '2026-10-09T12:00:00Z', trouble }, now)?.words).toContain('since October 9.');
  expect(copies({ kind: 'folder', trouble }, now)).toMatchObject({ tone: 'bad', icon: 'unsaved' });
  expect(copies({ kind: 'folder', trouble }, now)?.words).toMatch(/^Nothing has been copied to the second disk yet\./);
});
