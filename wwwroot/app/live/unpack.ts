import type { AudienceState, Change, Show, Snapshot } from './wire';

/** Whether this browser can read packed changes; the server is told, and sends them plain otherwise. */
export const canUnpack = (() => {
  try {
    return !!new DecompressionStream('deflate-raw');
  } catch {
    return false;
  }
})();

/** The snapshot with what was packed in it among its changes, in the order in which it counts. */
export async function unpacked(snapshot: Snapshot): Promise<Snapshot> {
  if (!snapshot.audiences.some((told) => told.packed)) return snapshot;
  return { ...snapshot, audiences: await Promise.all(snapshot.audiences.map(allPlain)) };
}

/** The same for one audience, or for one message. */
export async function allPlain<T extends AudienceState | Show>(told: T): Promise<T> {
  if (!told.packed) return told;
  const packed = await Promise.all(told.packed.map(changes));
  return { ...told, packed: null, changes: [...packed.flat(), ...told.changes] };
}

async function changes(text: string): Promise<Change[]> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(plain).json()) as Change[];
}
