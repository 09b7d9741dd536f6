import { counted, dateOf, dayOf, lasting, timeOfDay, timeWithZone } from '../parts/words';
import type { BackupStatus, SessionRow } from './host';

const day = 24 * 60 * 60_000;
const minute = 60_000;

/** "Week 2: Practical Tips" is of week 2 and is called "Practical Tips". */
export function titled(title: string): { week: string | null; name: string } {
  const found = /^(Week\s+\d+)\s*[:.–-]\s*(.+)$/i.exec(title.trim());
  return found ? { week: found[1]!, name: found[2]! } : { week: null, name: title };
}

export interface Shelf {
  before: SessionRow | null;
  /** What runs, is today, or comes next. */
  main: SessionRow | null;
  after: SessionRow | null;
  rest: SessionRow[];
}

const start = (one: SessionRow) => Date.parse(one.startsAt);
const isOver = (one: SessionRow, now: number) =>
  one.stage === 'ended' || (one.stage === 'gathering' && start(one) < now - day);

/** The session that matters now in the middle, its neighbours in time beside it. */
export function shelfOf(sessions: readonly SessionRow[], now: number): Shelf {
  const inOrder = [...sessions].sort((a, b) => start(a) - start(b));
  const main = inOrder.find((one) => one.stage === 'running') ?? inOrder.find((one) => !isOver(one, now)) ?? null;
  const before =
    inOrder.filter((one) => one !== main && (isOver(one, now) || (main && start(one) < start(main)))).at(-1) ?? null;
  const after = (main && inOrder.find((one) => one !== main && one !== before && start(one) >= start(main))) ?? null;
  const shown = new Set([before, main, after]);
  return { before, main, after, rest: inOrder.filter((one) => !shown.has(one)).reverse() };
}

const sameDay = (one: SessionRow, now: number) =>
  dayOf(one.startsAt, one.timeZone) === dayOf(now, one.timeZone) && Math.abs(start(one) - now) < 2 * day;

/** "Week 2, today at 10:00 am Pacific"; "Week 1, October 6". */
export function eyebrow(one: SessionRow, now: number): string {
  const week = titled(one.title).week;
  const when = sameDay(one, now)
    ? `today at ${timeWithZone(one.startsAt, one.timeZone)}`
    : isOver(one, now)
      ? dateOf(one.startsAt, one.timeZone)
      : `${dateOf(one.startsAt, one.timeZone)}, ${timeWithZone(one.startsAt, one.timeZone)}`;
  return week ? `${week}, ${when}` : when.charAt(0).toUpperCase() + when.slice(1);
}

/** "Opens in 52 minutes", "Running", "Held, 121 of 126 came". */
export function standing(
  one: SessionRow,
  now: number,
): { words: string; tone: 'ok' | 'busy' | null; icon: 'check' | 'clock' | 'cal' } {
  if (one.stage === 'ended')
    return {
      words: one.people
        ? `Held, ${one.came} of ${counted(one.people, 'person', 'people')} came`
        : `Held, ${counted(one.came, 'person', 'people')} came`,
      tone: 'ok',
      icon: 'check',
    };
  if (one.stage === 'running') return { words: 'Running now', tone: 'busy', icon: 'clock' };
  const wait = start(one) - now;
  if (wait <= 0)
    return {
      words: isOver(one, now) ? 'Not held' : 'It is time',
      tone: isOver(one, now) ? null : 'busy',
      icon: 'clock',
    };
  if (wait < 90 * minute) return { words: `Begins in ${lasting(wait)}`, tone: 'busy', icon: 'clock' };
  return { words: `${counted(one.minutes, 'minute')}, planned`, tone: null, icon: 'cal' };
}

/** "Good morning, Dolores. Week 2 is today." */
export function greeting(name: string, main: SessionRow | null, now: number, hour: number): string {
  const hello = hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening';
  if (!main) return `${hello}, ${name}.`;
  const what = titled(main.title).week ?? titled(main.title).name;
  if (main.stage === 'running') return `${hello}, ${name}. ${what} is running.`;
  if (sameDay(main, now)) return `${hello}, ${name}. ${what} is today.`;
  return `${hello}, ${name}. ${what} is on ${dayOf(main.startsAt, main.timeZone)}.`;
}

/** How copying to a second disk stands, in a sentence; null where it is none of this server's business. */
export function copies(
  status: BackupStatus,
  now: number,
): { words: string; tone: 'bad' | null; icon: 'saved' | 'unsaved' | 'shield' } | null {
  if (status.kind === 'elsewhere') return null;
  if (status.kind === 'none')
    return {
      words: 'Everything is on one disk. Whoever runs this server can have it copied to a second one as it happens.',
      tone: null,
      icon: 'shield',
    };
  if (status.trouble)
    return {
      words: `Nothing has been copied to the second disk ${status.at ? `since ${now - Date.parse(status.at) < day / 2 ? timeOfDay(status.at) : dateOf(status.at)}` : 'yet'}. ${status.trouble} What is written is saved all the same, on one disk.`,
      tone: 'bad',
      icon: 'unsaved',
    };
  return {
    words: status.at
      ? 'Everything is copied to a second disk as it happens.'
      : 'The first copy to a second disk is being made.',
    tone: null,
    icon: 'saved',
  };
}
