import type { HelpView, WatchView } from '../contract';

/** Why a room is among those that may need somebody. One reason is told: the most pressing. */
export type Why =
  | { is: 'call'; help: HelpView; minutes: number }
  | { is: 'missing'; missing: number }
  | { is: 'behind'; steps: number }
  | { is: 'quiet'; minutes: number }
  | { is: 'coming'; help: HelpView }
  | { is: 'fine' };

export interface RoomNeed {
  watch: WatchView;
  why: Why;
  /** Whole minutes since something last happened there. */
  since: number;
  missing: number;
}

const quietMinutes = 5;

const minutesSince = (at: string, now: number) => Math.max(0, Math.floor((now - Date.parse(at)) / 60_000));

/** Pressing enough to be told. One missing person in a room of several is nothing to go for. */
function whyOf(watch: WatchView, help: HelpView | undefined, now: number): [number, Why] {
  const missing = watch.members.length - watch.present;
  const since = minutesSince(watch.lastAt, now);
  if (help?.state === 'waiting') {
    const waited = now - Date.parse(help.at);
    return [1e9 + waited, { is: 'call', help, minutes: minutesSince(help.at, now) }];
  }
  const alone = missing > 0 && (watch.present < 2 || missing > watch.present);
  if (alone) return [800 + missing, { is: 'missing', missing }];
  if (watch.stepsBehind > 0) return [600 + watch.stepsBehind, { is: 'behind', steps: watch.stepsBehind }];
  if (since >= quietMinutes && watch.members.length) return [400 + since, { is: 'quiet', minutes: since }];
  if (help?.state === 'onTheWay' || help?.state === 'here') return [300, { is: 'coming', help }];
  if (missing >= 2) return [200 + missing, { is: 'missing', missing }];
  return [0, { is: 'fine' }];
}

/** Rooms with the most pressing first; those that go well in the order of their numbers. */
export function byNeed(rooms: readonly WatchView[], calls: readonly HelpView[], now: number): RoomNeed[] {
  const open = new Map(
    calls.filter((one) => one.state !== 'done' && one.state !== 'calledOff').map((one) => [one.room, one]),
  );
  return rooms
    .map((watch) => {
      const [score, why] = whyOf(watch, open.get(watch.room), now);
      const missing = watch.members.length - watch.present;
      return { score, need: { watch, why, since: minutesSince(watch.lastAt, now), missing } };
    })
    .sort((a, b) => b.score - a.score || a.need.watch.number - b.need.watch.number)
    .map((one) => one.need);
}

/** "just now", "1 min", "7 min". */
export function sinceWords(minutes: number): string {
  return minutes < 1 ? 'just now' : `${minutes} min`;
}

/** Which step most rooms are in, and whether all are: "all in the round" is a promise. */
export function commonPhase(rooms: readonly WatchView[]): { phase: string; all: boolean } | null {
  const counts = new Map<string, number>();
  for (const room of rooms) if (room.phase) counts.set(room.phase, (counts.get(room.phase) ?? 0) + 1);
  let best: [string, number] | null = null;
  for (const one of counts) if (!best || one[1] > best[1]) best = one;
  return best && { phase: best[0], all: best[1] === rooms.length };
}

/** Where somebody who comes late fits: the open room with the fewest people, the lowest number among equals. */
export function leastFull(rooms: readonly WatchView[], max?: number): WatchView | null {
  const fits = rooms.filter((room) => max === undefined || room.members.length < max);
  const from = fits.length ? fits : rooms;
  return [...from].sort((a, b) => a.members.length - b.members.length || a.number - b.number)[0] ?? null;
}

/** "Manzanita" of "Manzanita"; "" of "Room 7", because the number is printed beside it. */
export function ownName(room: { number: number; name: string }): string {
  return room.name === `Room ${room.number}` ? '' : room.name;
}

/** "7 Manzanita"; "7". For tables and menus. */
export function shortName(room: { number: number; name: string }): string {
  return `${room.number} ${ownName(room)}`.trim();
}

/** "Room 7, Manzanita"; "Room 7". For sentences. */
export function longName(room: { number: number; name: string }): string {
  const own = ownName(room);
  return own ? `Room ${room.number}, ${own}` : `Room ${room.number}`;
}
