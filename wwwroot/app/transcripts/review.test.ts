import { describe, expect, it } from 'vitest';
import { marked, wordsOf } from './marks';
import { columnName, groups, level, roomTitle } from './matrix';
import type { ReviewConversation } from './review';

const found = (text: string, query: string) =>
  marked(text, wordsOf(query))
    .filter((one) => one.found)
    .map((one) => one.text);

describe('marks', () => {
  it('find words whatever their case and accents', () => {
    expect(found('That is Trust, where I trust.', 'trust')).toEqual(['Trust', 'trust']);
    expect(found('Señora Quiñones says café', 'quinones CAFE')).toEqual(['Quiñones', 'café']);
    expect(found('Señora Quiñones', 'Quiñones')).toEqual(['Quiñones']);
  });
  it('keep every letter', () => {
    for (const text of ['Straße İstanbul ﬁne', 'trust', ' a trust b ', ''])
      expect(
        marked(text, wordsOf('trust a'))
          .map((one) => one.text)
          .join(''),
      ).toBe(text);
  });
  it('begin at the beginning of a word', () => expect(found('distrust trusting', 'trust')).toEqual(['trusting']));
});

const conversation = (id: string, roomName: string, phases: string[]): ReviewConversation => ({
  id,
  room: id.slice(id.indexOf('-') + 1),
  roomName,
  exerciseName: 'Practice',
  startedAt: '2026-10-06T17:12:00Z',
  people: 5,
  phases: phases.map((phase) => ({ id: phase, type: 'open', prompt: phase, followUps: [] })),
  columns: [],
  counts: {},
});

it('rooms of one opening stand side by side, prompts under each other', () => {
  const made = groups([
    conversation('plenary', 'Plenary', []),
    conversation('40-r1-10', 'Gray Pine', ['a', 'b']),
    conversation('40-r1-2', 'Toyon', ['a', 'b', 'c']),
    conversation('90-r2-1', 'Alder', ['z']),
  ]);
  expect(made.map((group) => [group.key, group.rooms.map(columnName), group.prompts.map((one) => one.id)])).toEqual([
    ['plenary', ['Plenary'], []],
    ['40', ['2', '10'], ['a', 'b', 'c']],
    ['90', ['1'], ['z']],
  ]);
});

it('a room is told by number and name, the plenary by its name', () => {
  expect(roomTitle(conversation('40-r1-12', 'Cedar', []))).toBe('Room 12, Cedar');
  expect(roomTitle(conversation('plenary', 'Everyone together', []))).toBe('Everyone together');
});

it('a cell says how full it is', () => {
  expect([0, 1, 4, 5, 8, 9, 11, 12].map(level)).toEqual(['l0', 'l1', 'l1', 'l2', 'l2', 'l3', 'l3', 'l4']);
});
