import type { BlockView, PlanView } from '../contract';
import { lasting, timeOfDay } from '../parts/words';

const minute = 60_000;

/**
 * When the session ends as things stand this minute. The view tells it for the moment of the last change; since then a block may have run over its
 * time, or the clocks may stand.
 */
export function endsAt(plan: PlanView, now: number): number {
  const told = Date.parse(plan.expectedEnd);
  const current = plan.blocks.find((block) => block.block === plan.now);
  const stands = plan.pausedAt ? Math.max(0, now - Date.parse(plan.pausedAt)) : 0;
  const over = current ? Math.max(0, now - stands - Date.parse(current.endsAt)) : 0;
  return told + stands + over;
}

export interface Pace {
  /** Whole minutes; above 0 is late. */
  late: number;
  /** "2 minutes behind." */
  head: string;
  /** "As it stands we end at 11:02, 2 minutes late." */
  rest: string;
}

export function paceOf(plan: PlanView, now: number, timeZone?: string | null): Pace {
  const end = endsAt(plan, now);
  const late = Math.round((end - Date.parse(plan.plannedEnd)) / minute);
  const at = timeOfDay(end, timeZone);
  if (late === 0) return { late, head: 'On time.', rest: `As it stands we end at ${at}.` };
  const by = lasting(Math.abs(late) * minute);
  return late > 0
    ? { late, head: `${by} behind.`, rest: `As it stands we end at ${at}, ${by} late.` }
    : { late, head: `${by} ahead.`, rest: `As it stands we end at ${at}, ${by} early.` };
}

/** "6 min, 2 over": what a block took or takes, beside what was planned. */
export function lengthWords(block: BlockView): string {
  if (block.state === 'later') return `${block.minutes} min`;
  if (block.state === 'now') return `${block.minutes} min`;
  const took = Math.round((Date.parse(block.endsAt) - Date.parse(block.startsAt)) / minute);
  const over = took - block.plannedMinutes;
  return over > 0 ? `${took} min, ${over} over` : over < 0 ? `${took} min, ${-over} under` : `${took} min`;
}

/** Later blocks that can give so many minutes, the longest first: the one least hurt by it. */
export function givers(plan: PlanView, minutes: number): BlockView[] {
  return plan.blocks
    .filter((block) => block.state === 'later' && block.minutes - minutes >= 1)
    .sort((a, b) => b.minutes - a.minutes);
}

/** The block after the one that runs; the first before the start. */
export function nextBlock(plan: PlanView): BlockView | undefined {
  const at = plan.blocks.findIndex((block) => block.block === plan.now);
  return plan.blocks[at + 1];
}
