import { expect, test } from 'vitest';
import { Drafts } from './drafts.svelte';
import { memoryKeep } from './keep';

test('what is typed is there after a reload, in its own room and field', () => {
  const keep = memoryKeep();
  new Drafts(keep, 's').of('room-1', 'note').text = 'The branch is the only';
  const after = new Drafts(keep, 's');
  expect(after.of('room-1', 'note').text).toBe('The branch is the only');
  expect(after.of('room-2', 'note').text).toBe('');
  expect(after.of('room-1', 'turn').text).toBe('');
});

test('a refused text comes back before what was typed since', () => {
  const draft = new Drafts(memoryKeep(), 's').of('room-1', 'note');
  draft.text = 'first ';
  const taken = draft.take();
  expect(taken.text).toBe('first');
  expect(draft.text).toBe('');
  draft.text = 'second';
  taken.giveBack();
  expect(draft.text).toBe('first\nsecond');
});

test('an emptied draft leaves nothing on the device', () => {
  const keep = memoryKeep();
  const draft = new Drafts(keep, 's').of('room-1', 'note');
  draft.text = 'x';
  draft.text = '';
  expect(keep.keys('ls:draft:')).toEqual([]);
});
