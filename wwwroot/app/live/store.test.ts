import { expect, test } from 'vitest';
import { Store } from './store.svelte';
import type { AudienceState, Change, Show, Snapshot, View } from './wire';

const view = (words: string) => ({ type: 'note', text: words }) as View;
const note = (key: string, words: string | null): Change => ({ key, view: words === null ? null : view(words) });
const show = (after: number, upTo: number, ...changes: Change[]): Show => ({
  audience: 'room-1',
  after,
  upTo,
  changes,
});
const whole = (audience: string, upTo: number, ...changes: Change[]): AudienceState => ({
  audience,
  upTo,
  whole: true,
  changes,
});
const snapshot = (...audiences: AudienceState[]): Snapshot => ({
  session: 's',
  person: 'p',
  isStaff: false,
  archived: 0,
  head: Math.max(...audiences.map((one) => one.upTo)),
  now: '2026-11-24T18:00:00Z',
  audiences,
});
const words = (store: Store) =>
  store
    .all('note')
    .map((one) => one.text)
    .sort();

function entered(...changes: Change[]): Store {
  const store = new Store();
  store.takeSnapshot(snapshot(whole('room-1', 10, ...changes)), true);
  return store;
}

test('a message that follows on is applied and moves the position', () => {
  const store = entered(note('a', 'one'));
  expect(store.take(show(10, 12, note('b', 'two')))).toBe('applied');
  expect(words(store)).toEqual(['one', 'two']);
  expect(store.positions).toEqual({ 'room-1': 12 });
});

test('a message that tells nothing new is ignored', () => {
  const store = entered(note('a', 'new'));
  expect(store.take(show(8, 9, note('a', 'old')))).toBe('stale');
  expect(words(store)).toEqual(['new']);
});

test('a message that overlaps what is known is applied', () => {
  const store = entered(note('a', 'one'));
  expect(store.take(show(8, 12, note('a', 'two')))).toBe('applied');
  expect(words(store)).toEqual(['two']);
});

test('early messages wait for the missing one and are applied in order, whatever order they came in', () => {
  const store = entered(note('a', 'one'));
  expect(store.take(show(14, 15, note('a', 'four')))).toBe('early');
  expect(store.take(show(12, 14, note('a', 'three')))).toBe('early');
  expect(store.hasHole).toBe(true);
  expect(words(store)).toEqual(['one']);
  expect(store.take(show(10, 12, note('a', 'two')))).toBe('applied');
  expect(words(store)).toEqual(['four']);
  expect(store.hasHole).toBe(false);
  expect(store.positions).toEqual({ 'room-1': 15 });
});

test('a whole audience takes away what it does not list', () => {
  const store = entered(note('a', 'one'), note('b', 'two'));
  store.takeSnapshot(snapshot(whole('room-1', 20, note('b', 'two'))), false);
  expect(words(store)).toEqual(['two']);
});

test('a part of an audience leaves the rest and removes what is null', () => {
  const store = entered(note('a', 'one'), note('b', 'two'));
  store.takeSnapshot(snapshot({ ...whole('room-1', 20, note('a', null), note('c', 'three')), whole: false }), false);
  expect(words(store)).toEqual(['three', 'two']);
  expect(store.positions).toEqual({ 'room-1': 20 });
});

test('an audience that is no longer listed is dropped with everything in it', () => {
  const store = entered(note('a', 'secret'));
  store.takeSnapshot(snapshot(whole('room-2', 12, note('b', 'two'))), false);
  expect(words(store)).toEqual(['two']);
  expect(store.audiences).toEqual(['room-2']);
  store.take(show(10, 12, note('a', 'secret')));
  expect(words(store)).toEqual(['two']);
});

test('a late snapshot does not take an audience back, a fresh one does', () => {
  const store = entered(note('a', 'one'));
  store.take(show(10, 14, note('a', 'two')));
  store.takeSnapshot(snapshot(whole('room-1', 12, note('a', 'old'))), false);
  expect(words(store)).toEqual(['two']);
  store.takeSnapshot(snapshot(whole('room-1', 12, note('a', 'restored'))), true);
  expect(words(store)).toEqual(['restored']);
  expect(store.positions).toEqual({ 'room-1': 12 });
});

test('a message for a room that one is about to enter is kept until the room is known', () => {
  const store = entered();
  store.take({ audience: 'room-2', after: 12, upTo: 13, changes: [note('b', 'second')] });
  expect(store.hasHole).toBe(true);
  store.takeSnapshot(snapshot(whole('room-2', 12, note('a', 'first'))), false);
  expect(words(store)).toEqual(['first', 'second']);
  expect(store.hasHole).toBe(false);
});

test('a view that changes type leaves its old list', () => {
  const store = entered(note('a', 'one'), note('b', 'two'));
  store.take(show(10, 11, { key: 'a', view: { type: 'pass' } as View }));
  expect(words(store)).toEqual(['two']);
  expect(store.all('pass')).toHaveLength(1);
});

test('any order and any repetition of the same messages ends in the same views', () => {
  const shows = Array.from({ length: 12 }, (_, i) =>
    show(10 + i, 11 + i, note(`k${i % 5}`, i % 4 === 3 ? null : `v${i}`)),
  );
  const straight = entered();
  shows.forEach((one) => straight.take(one));
  let seed = 7;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  for (let round = 0; round < 200; round++) {
    const mixed = entered();
    const storm = [...shows, ...shows.filter(() => random() < 0.3)].sort(() => random() - 0.5);
    storm.forEach((one) => mixed.take(one));
    expect(words(mixed)).toEqual(words(straight));
    expect(mixed.positions).toEqual(straight.positions);
    expect(mixed.hasHole).toBe(false);
  }
});

test('what two audiences tell is there once, as the last one told it, until neither tells it', () => {
  const store = new Store();
  store.takeSnapshot(snapshot(whole('me', 10, note('note:a', 'hidden')), whole('room-1', 10)), true);
  // A note is revealed: the room is told, and a moment later its writer's own audience lets go of it.
  store.take(show(10, 11, note('note:a', 'shown')));
  expect(words(store)).toEqual(['shown']);
  expect(store.at('note', 'a')).toMatchObject({ text: 'shown' });
  store.take({ audience: 'me', after: 10, upTo: 11, changes: [note('note:a', null)] });
  expect(words(store)).toEqual(['shown']);
  store.take(show(11, 12, note('note:a', null)));
  expect(words(store)).toEqual([]);
});

test('what one audience still tells is shown when the last to tell it lets go', () => {
  const store = new Store();
  store.takeSnapshot(snapshot(whole('staff', 10, note('note:a', 'old')), whole('room-1', 10)), true);
  store.take(show(10, 11, note('note:a', 'new')));
  store.take(show(11, 12, note('note:a', null)));
  expect(words(store)).toEqual(['old']);
});
