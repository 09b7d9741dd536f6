import type { Phase, PhaseType } from '../contract';
import type { IconName } from '../parts/icons';

const words: Record<PhaseType, string> = {
  frame: 'The task',
  silent: 'Quiet writing',
  goRound: 'Round',
  open: 'Talk',
  rotate: 'Change of roles',
  merge: 'Two rooms together',
  report: 'Read back',
  poll: 'Poll',
  boardSort: 'Sorting the notes',
  closing: 'Look back',
};

export function stepName(phase: Pick<Phase, 'label' | 'type'>): string {
  return phase.label ?? words[phase.type];
}

/** "Round" of "Round: hopes": for a narrow column. */
export function shortStep(phase: Pick<Phase, 'label' | 'type'>): string {
  return stepName(phase).split(':')[0] ?? '';
}

/** Phase types are drawn under their own names. */
export function stepIcon(phase: Pick<Phase, 'type'>): IconName {
  return phase.type;
}

const blockIcons: Record<string, IconName> = {
  talk: 'frame',
  poll: 'poll',
  rooms: 'people',
  report: 'report',
  close: 'closing',
};

export function blockIcon(kind: string): IconName {
  return blockIcons[kind] ?? 'frame';
}
