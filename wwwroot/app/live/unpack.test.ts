import { expect, test } from 'vitest';
import { pack } from './packing';
import { Store } from './store.svelte';
import { canUnpack, unpacked } from './unpack';
import type { Change, Snapshot, View } from './wire';

const note = (key: string, text: string | null): Change => ({
  key,
  view: text === null ? null : ({ type: 'note', text } as View),
});
const snapshot = (packed: string[] | undefined, ...changes: Change[]): Snapshot => ({
  session: 's',
  person: 'p',
  isStaff: false,
  head: 9,
  archived: 0,
  now: '2026-11-24T18:00:00Z',
  audiences: [{ audience: 'room:r1', upTo: 9, whole: true, changes, packed }],
});

test('what is packed counts in order, before what is plain', async () => {
  expect(canUnpack).toBe(true);
  const store = new Store();
  const told = snapshot(
    [
      await pack(note('a', 'old'), note('b', 'gone'), note('c', 'Grüße 🌱')),
      await pack(note('a', 'newer'), note('b', null)),
    ],
    note('a', 'new'),
  );
  store.takeSnapshot(await unpacked(told), true);
  expect(
    store
      .all('note')
      .map((one) => one.text)
      .sort(),
  ).toEqual(['Grüße 🌱', 'new']);
});

test('a plain snapshot is left as it is', async () => {
  const told = snapshot(undefined, note('a', 'one'));
  expect(await unpacked(told)).toBe(told);
});

test('a table is read as the views it stands for', async () => {
  const table = {
    kind: 'person',
    ids: ['p1', 'p2', 'p3'],
    columns: { type: ['person'], person: [], name: ['Ada', 'Ben', 'Cleo'], team: [null, 't1'], here: [true, false] },
  };
  const told = await unpacked(snapshot([await pack(table as unknown as Change, note('note:a', null))]));
  expect(told.audiences[0]!.changes).toEqual([
    { key: 'person:p1', view: { type: 'person', person: 'p1', name: 'Ada', here: true } },
    { key: 'person:p2', view: { type: 'person', person: 'p2', name: 'Ben', team: 't1', here: false } },
    { key: 'person:p3', view: { type: 'person', person: 'p3', name: 'Cleo', team: 't1', here: false } },
    { key: 'note:a', view: null },
  ]);
});
