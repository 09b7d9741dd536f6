/** A day and a time on the wall of a place, and the moment they mean. */

function offsetAt(moment: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(moment));
  const at = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return (
    Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second')) -
    Math.floor(moment / 1000) * 1000
  );
}

/** The moment of "2026-10-06" and "10:00" in a time zone; null when it is not a date. In the hour that a clock change skips, the hour after. */
export function momentOf(day: string, time: string, timeZone: string): Date | null {
  const wall = Date.parse(`${day}T${time}:00Z`);
  if (Number.isNaN(wall)) return null;
  // twice, because the first guess may lie on the other side of a clock change
  const guess = wall - offsetAt(wall, timeZone);
  return new Date(wall - offsetAt(guess, timeZone));
}

/** "2026-10-06" and "10:00" as the clock of the place shows them. */
export function wallOf(moment: string | number, timeZone: string): { day: string; time: string } {
  const at = typeof moment === 'number' ? moment : Date.parse(moment);
  const wall = new Date(at + offsetAt(at, timeZone)).toISOString();
  return { day: wall.slice(0, 10), time: wall.slice(11, 16) };
}

const first = ['America/Los_Angeles', 'America/Denver', 'America/Chicago', 'America/New_York', 'UTC'];

/** Every time zone this browser knows, one's own and the usual ones first. */
export function zones(own: string): string[] {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set([own, ...first, ...all])];
}

/** "Los Angeles, Pacific" would be two names for one thing; the place is enough. */
export function zoneShown(zone: string): string {
  return zone.replace(/_/g, ' ').replace(/\//g, ', ');
}
