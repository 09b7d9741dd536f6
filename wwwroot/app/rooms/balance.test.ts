import { describe, expect, it } from 'vitest';
import type { GroupingView } from '../contract';
import { balance, fitting, hint, numbered, oddWords, togetherFromOneTeam, unevenFirst } from './balance';

const grouping = (...sizes: number[]): GroupingView => ({
  type: 'grouping',
  rule: 'random',
  size: 5,
  seed: 7,
  rooms: sizes.map((size, index) => ({
    room: `r${index + 1}`,
    name: `Room ${index + 1}`,
    members: Array.from({ length: size }, (_, at) => `p${index + 1}-${at + 1}`),
  })),
  notPlaced: [],
});

const fits = { min: 4, ideal: 5, max: 6 };

it('says what stands out', () => {
  expect([0, 1, 3, 4, 6, 7, 8].map((count) => oddWords(count, fits))).toEqual([
    'Nobody',
    'Alone',
    'Only 3',
    null,
    null,
    '7, one over',
    '8, 2 over',
  ]);
});

it('what fits comes from the size for random groups and from the exercise for teams', () => {
  expect(fitting({ rule: 'random', size: 5 }, { min: 5, ideal: 6, max: 8 })).toEqual({ min: 4, ideal: 5, max: 6 });
  expect(fitting({ rule: 'homeTeams', size: 5 }, { min: 5, ideal: 6, max: 8 }).max).toBe(8);
  expect(fitting({ rule: 'random', size: 2 }, undefined).min).toBe(2);
});

it('uneven rooms come first, the smallest of them before', () => {
  const rooms = unevenFirst(numbered(grouping(5, 7, 5, 3).rooms), fits);
  expect(rooms.map((room) => room.number)).toEqual([4, 2, 1, 3]);
});

it('counts rooms by size', () => {
  expect(balance(grouping(5, 5, 5, 4).rooms)).toEqual([
    { people: 4, rooms: 1, part: 33 },
    { people: 5, rooms: 3, part: 100 },
  ]);
});

describe('the hint', () => {
  it('moves somebody from the fullest room to the emptiest, team mates apart', () => {
    const teams: Record<string, string> = { 'p2-1': 'tule', 'p3-1': 'tule' };
    const found = hint(grouping(5, 7, 3), fits, (person) => teams[person]);
    expect([found?.person, found?.from.number, found?.to.number]).toEqual(['p2-2', 2, 3]);
  });

  it('is silent when rooms are even, and about home teams', () => {
    expect(hint(grouping(5, 6, 5), fits, () => null)).toBeNull();
    expect(hint({ ...grouping(7, 2), rule: 'homeTeams' }, fits, () => null)).toBeNull();
  });
});

it('sees team mates in one room', () => {
  const team = (person: string) => (person.endsWith('-1') || person.endsWith('-2') ? 'tule' : null);
  expect(togetherFromOneTeam(grouping(3, 1).rooms, team)).toBe(1);
});
