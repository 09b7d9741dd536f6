import type { StepView } from '../contract';
import { counted, lasting, timeLeft, timeOfDay } from '../parts/words';

export interface ClockWords {
  words: string;
  under: string;
  /** How much of the ring is left, 0 to 1. */
  part: number;
}

export interface ClockFacts {
  step: Pick<StepView, 'startedAt' | 'endsAt' | 'extraMinutes'>;
  /** Notices of this step: half, 1m, 30s. */
  warn: readonly string[];
  now: number;
  pausedAt?: string | null;
  zone?: string | null;
  /** First names. */
  extendedBy?: string | null;
  pausedBy?: string | null;
  leader?: string | null;
}

/** The clock of a step in words; see the sheet of states. */
export function clockWords({ step, warn, now, pausedAt, zone, extendedBy, pausedBy, leader }: ClockFacts): ClockWords {
  const [from, to] = [Date.parse(step.startedAt), Date.parse(step.endsAt)];
  const at = pausedAt ? Math.min(now, Date.parse(pausedAt)) : now;
  const left = to - at;
  const whole = Math.max(1, to - from);
  const part = Math.min(1, Math.max(0, left / whole));
  if (pausedAt)
    return { words: 'Paused', under: pausedBy ? `${pausedBy} stopped the clocks` : 'The clocks are stopped', part };
  const words = timeLeft(left);
  if (left <= 0)
    return { words, under: leader ? `Moves on when ${leader} says` : 'Move on when you are ready', part: 0 };
  if (left <= 60_000) return { words, under: 'Finish your thought', part };
  const ends = `Ends ${timeOfDay(to, zone)}`;
  if (step.extraMinutes > 0)
    return { words, under: `${step.extraMinutes} more${extendedBy ? `, from ${extendedBy}` : ''}. ${ends}.`, part };
  const toHalf = left - whole / 2;
  if (warn.includes('half') && Math.abs(toHalf) <= 30_000) return { words, under: 'Half-time', part };
  if (warn.includes('half') && toHalf > 30_000 && toHalf <= 90_000)
    return { words, under: `${ends}. Half-time in 1 minute.`, part };
  return { words, under: `${ends}.`, part };
}

/** What is said aloud once, when a notice is due: "Half-time. 5 minutes left." */
export function noticeDue(warn: readonly string[], whole: number, left: number): string | null {
  if (warn.includes('30s') && left <= 30_000 && left > 0) return '30 seconds left in this step.';
  if (left <= 60_000 && left > 30_000 && (warn.includes('1m') || warn.length === 0))
    return '1 minute left in this step. Finish your thought.';
  if (warn.includes('half') && left <= whole / 2 && left > whole / 2 - 60_000)
    return `Half-time. ${lasting(left)} left in this step.`;
  return null;
}

export const minutes = (n: number): string => counted(n, 'minute');
