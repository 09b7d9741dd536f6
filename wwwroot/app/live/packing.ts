import type { Change } from './wire';

/** As the server packs changes; for tests. */
export async function pack(...changes: Change[]): Promise<string> {
  const deflated = new Blob([JSON.stringify(changes)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}
