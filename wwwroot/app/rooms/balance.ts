import type { GroupSize, GroupingView, PersonId, PlacedRoom } from '../contract';

/** What stands out in a room of a grouping, in words; null when it is like the others. */
export function oddWords(count: number, fits: GroupSize): string | null {
  if (count === 0) return 'Nobody';
  if (count === 1) return 'Alone';
  if (count < fits.min) return `Only ${count}`;
  if (count > fits.max) return `${count}, ${count - fits.max === 1 ? 'one' : count - fits.max} over`;
  return null;
}

/** How many people fit: around the size that was chosen for random groups, the exercise's own bounds for home teams. */
export function fitting(grouping: Pick<GroupingView, 'rule' | 'size'>, exercise: GroupSize | undefined): GroupSize {
  if (grouping.rule === 'random')
    return { min: Math.max(2, grouping.size - 1), ideal: grouping.size, max: grouping.size + 1 };
  return { min: 2, ideal: exercise?.ideal ?? 5, max: exercise?.max ?? 8 };
}

export interface NumberedRoom extends PlacedRoom {
  number: number;
}

/** The grouping's rooms with the number they will have. */
export function numbered(rooms: readonly PlacedRoom[]): NumberedRoom[] {
  return rooms.map((room, index) => ({ ...room, number: index + 1 }));
}

export function unevenFirst(rooms: readonly NumberedRoom[], fits: GroupSize): NumberedRoom[] {
  const odd = (room: NumberedRoom) => (oddWords(room.members.length, fits) ? 0 : 1);
  return [...rooms].sort(
    (a, b) => odd(a) - odd(b) || (odd(a) === 0 ? a.members.length - b.members.length : 0) || a.number - b.number,
  );
}

/** Rooms by how many people they have, from few to many, with the width of the bar in percent of the most frequent. */
export function balance(rooms: readonly PlacedRoom[]): { people: number; rooms: number; part: number }[] {
  const counts = new Map<number, number>();
  for (const room of rooms) counts.set(room.members.length, (counts.get(room.members.length) ?? 0) + 1);
  const most = Math.max(1, ...counts.values());
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([people, many]) => ({ people, rooms: many, part: Math.max(6, Math.round((many / most) * 100)) }));
}

export interface Hint {
  person: PersonId;
  from: NumberedRoom;
  to: NumberedRoom;
}

/**
 * One move that makes rooms more even: somebody from the fullest to the emptiest, whose team mates stay apart where there is such a person. None for
 * home teams, where moving somebody parts a team.
 */
export function hint(
  grouping: GroupingView,
  fits: GroupSize,
  teamOf: (person: PersonId) => string | null | undefined,
): Hint | null {
  if (grouping.rule === 'homeTeams') return null;
  const rooms = numbered(grouping.rooms);
  const bySize = [...rooms].sort((a, b) => a.members.length - b.members.length || a.number - b.number);
  const to = bySize[0];
  const from = bySize.at(-1);
  if (!to || !from || from.members.length - to.members.length < 2) return null;
  if (!oddWords(to.members.length, fits) && !oddWords(from.members.length, fits)) return null;
  const there = new Set(to.members.map(teamOf).filter(Boolean));
  const person = from.members.find((one) => !there.has(teamOf(one) ?? '')) ?? from.members.at(-1);
  return person === undefined ? null : { person, from, to };
}

/** Rooms in which two or more come from one team. */
export function togetherFromOneTeam(
  rooms: readonly PlacedRoom[],
  teamOf: (person: PersonId) => string | null | undefined,
): number {
  return rooms.filter((room) => {
    const teams = room.members.map(teamOf).filter(Boolean);
    return new Set(teams).size < teams.length;
  }).length;
}
