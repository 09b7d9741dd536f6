import type { AudienceState, Change, Show, Snapshot, View } from './wire';

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
  const packed = (await new Response(plain).json()) as (Change | Table)[];
  return packed.flatMap((one) => ('ids' in one ? rows(one) : one));
}

/** Many views of one kind side by side; docs/protocol.md. */
interface Table {
  kind: string;
  ids: string[];
  columns: Record<string, unknown[]>;
}

function rows({ kind, ids, columns }: Table): Change[] {
  const members = Object.entries(columns);
  return ids.map((id, row) => {
    const view: Record<string, unknown> = {};
    for (const [member, values] of members) {
      const value = values.length === 0 ? id : values[Math.min(row, values.length - 1)];
      if (value !== null) view[member] = value;
    }
    return { key: `${kind}:${id}`, view: view as unknown as View };
  });
}
