import { expect, test } from 'vitest';
import {
  codeOf,
  codeShown,
  countOf,
  dateOf,
  initials,
  listed,
  opening,
  placeInLine,
  spelled,
  timeLeft,
  timeOfDay,
  timeWithZone,
} from './words';

test('the clock speaks by the minute, then at thirty seconds', () => {
  expect(timeLeft(6 * 60_000)).toBe('6 minutes left');
  expect(timeLeft(5 * 60_000 + 1)).toBe('6 minutes left');
  expect(timeLeft(60_000)).toBe('1 minute left');
  expect(timeLeft(31_000)).toBe('1 minute left');
  expect(timeLeft(30_000)).toBe('30 seconds left');
  expect(timeLeft(1)).toBe('30 seconds left');
  expect(timeLeft(0)).toBe('Time is up');
  expect(timeLeft(-5_000)).toBe('Time is up');
});

test('times are told in the zone of the session, not of the device', () => {
  const at = '2026-11-24T18:26:00Z';
  expect(timeOfDay(at, 'America/Los_Angeles')).toBe('10:26');
  expect(timeWithZone(at, 'America/Los_Angeles')).toBe('10:26 am Pacific');
  expect(timeWithZone(at, 'America/New_York')).toBe('1:26 pm Eastern');
  expect(dateOf('2027-01-12T20:00:00Z', 'America/Los_Angeles')).toBe('January 12');
});

test('an unknown time zone falls back to the device and does not fail', () => {
  expect(timeOfDay('2026-11-24T18:26:00Z', 'Mars/Olympus')).toMatch(/^\d{1,2}:26$/);
});

test('a join code is the same however it is typed', () => {
  expect(codeOf(' k7mq-4txr ')).toBe('K7MQ4TXR');
  expect(codeShown('k7mq4txr')).toBe('K7MQ 4TXR');
  expect(codeShown('k7')).toBe('K7');
});

test('names and lists read as a person would say them', () => {
  expect(initials('Teresa Quiñones')).toBe('TQ');
  expect(initials('  Ángel  ')).toBe('Á');
  expect(initials('')).toBe('?');
  expect(listed(['Amara', 'Priya', 'Walt'])).toBe('Amara, Priya and Walt');
  expect(listed([])).toBe('');
  expect(placeInLine(2)).toBe('Second in line');
  expect(placeInLine(14)).toBe('Number 14 in line');
  expect([0, 7, 25, 30, 121].map(spelled)).toEqual(['No', 'Seven', 'Twenty-five', 'Thirty', '121']);
  expect(countOf(0, 'note')).toBe('No notes yet');
  expect(countOf(1, 'note')).toBe('1 note');
});

test('a label is cut between words', () => {
  expect(opening('A lit window at nine at night, somewhere')).toBe('A lit window at nine at night,…');
  expect(opening('Short')).toBe('Short');
});
