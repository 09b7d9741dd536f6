import type { ReviewConversation, ReviewPhase } from './review';

/** How full a cell is: none, a little, some, much, most. The legend says the numbers in print. */
export function level(count: number): 'l0' | 'l1' | 'l2' | 'l3' | 'l4' {
  return count === 0 ? 'l0' : count < 5 ? 'l1' : count < 9 ? 'l2' : count < 12 ? 'l3' : 'l4';
}

/** Rooms that ran the same exercise at the same time; the plenary stands alone. */
export interface Group {
  key: string;
  name: string;
  rooms: ReviewConversation[];
  prompts: ReviewPhase[];
}

/** A conversation's id is `{opening}-{room}`, so those of one opening share its beginning. */
const opening = (one: ReviewConversation) => (one.id === 'plenary' ? 'plenary' : one.id.slice(0, one.id.indexOf('-')));

export function groups(rooms: readonly ReviewConversation[]): Group[] {
  const found = new Map<string, Group>();
  for (const one of rooms) {
    const key = opening(one);
    let group = found.get(key);
    if (!group) {
      const name = key === 'plenary' ? 'Everybody together' : (one.exerciseName ?? 'Conversation');
      found.set(key, (group = { key, name, rooms: [], prompts: [] }));
    }
    group.rooms.push(one);
    for (const phase of one.phases)
      if (!group.prompts.some((known) => known.id === phase.id)) group.prompts.push(phase);
  }
  for (const group of found.values())
    group.rooms.sort(
      (a, b) => roomNumber(a) - roomNumber(b) || a.roomName.localeCompare(b.roomName, 'en', { numeric: true }),
    );
  return [...found.values()];
}

/** A room's id is `r{opening}-{number}`; the plenary has no number. */
export function roomNumber(one: Pick<ReviewConversation, 'room'>): number {
  return Number(/-(\d+)$/.exec(one.room)?.[1] ?? Infinity);
}

/** "12"; the name where there is no number. */
export function columnName(one: Pick<ReviewConversation, 'room' | 'roomName'>): string {
  const number = roomNumber(one);
  return Number.isFinite(number) ? String(number) : one.roomName;
}

/** "Room 12, Cedar". */
export function roomTitle(one: Pick<ReviewConversation, 'room' | 'roomName'>): string {
  const number = roomNumber(one);
  return Number.isFinite(number) ? `Room ${number}, ${one.roomName}` : one.roomName;
}
