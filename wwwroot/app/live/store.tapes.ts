import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Store } from './store.svelte';
import type { Positions, Show, Snapshot, View } from './wire';

/** What a tab of the simulation was told, and what its own store (tests/LiveSessions.Simulation) made of it. */
interface Tape {
  name: string;
  told: ({ show: Show; taken: string } | { snapshot: Snapshot; fresh: boolean })[];
  positions: Positions;
  hasHole: boolean;
  held: Record<string, Record<string, View>>;
}

const directory = process.env.TAPES;
if (!directory)
  throw new Error('TAPES names the folder of the tapes; the tests of LiveSessions.Simulation make them and run this.');
const files = readdirSync(directory).filter((file) => file.endsWith('.json'));

/** Every view that some audience tells, once; where two tell of one key, whichever. */
function shown(tape: Tape): Map<string, View[]> {
  const views = new Map<string, View[]>();
  for (const audience of Object.values(tape.held))
    for (const [key, view] of Object.entries(audience)) views.set(key, [...(views.get(key) ?? []), view]);
  return views;
}

test.each(files)('the browser takes what the tabs of seed %s were told as they did', (file) => {
  const tapes = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Tape[];
  expect(tapes.length).toBeGreaterThan(0);
  for (const tape of tapes) {
    const store = new Store();
    tape.told.forEach((one, at) => {
      if ('show' in one) expect(store.take(one.show), `${tape.name}, message ${at}`).toBe(one.taken);
      else store.takeSnapshot(one.snapshot, one.fresh);
    });
    expect(store.positions, tape.name).toEqual(tape.positions);
    expect(store.hasHole, tape.name).toBe(tape.hasHole);
    const views = shown(tape);
    for (const [key, told] of views) {
      const [type, id = ''] = [told[0]!.type, key.includes(':') ? key.slice(key.indexOf(':') + 1) : ''];
      const seen = key.includes(':') ? store.at(type, id) : store.one(type);
      expect(told, `${tape.name}, ${key}`).toContainEqual(seen);
    }
    const types = new Set([...views.values()].map((told) => told[0]!.type));
    const held = [...types].reduce((sum, type) => sum + store.all(type).length, 0);
    expect(held, `${tape.name} shows nothing else`).toBe(views.size);
  }
});
