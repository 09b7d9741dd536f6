import type { Phase } from '../contract';
import { faceOf, stepName } from '../conversation/phases';
import type { IconName } from '../parts/icons';

export { stepName };

/** "Round" of "Round: hopes": for a narrow column. */
export const shortStep = (phase: Phase): string => stepName(phase).split(':')[0] ?? '';

export const stepIcon = (phase: Phase): IconName => faceOf(phase).icon;

const blockIcons: Record<string, IconName> = {
  talk: 'frame',
  poll: 'poll',
  rooms: 'people',
  report: 'report',
  close: 'closing',
};

export const blockIcon = (kind: string): IconName => blockIcons[kind] ?? 'frame';
