import type { Phase, PhaseType } from '../contract';
import type { IconName } from '../parts/icons';

export interface PhaseFace {
  /** The type's own word, where the exercise gives the step no name. */
  name: string;
  icon: IconName;
  /** Above the prompt. */
  eyebrow: string;
  /** What stands in the middle under the prompt. */
  middle: 'talk' | 'silent' | 'poll' | 'sort' | 'task' | 'roles';
  /** Beside the prompt while nobody has the floor. */
  people: string;
  about: string;
}

export const faces: { [K in PhaseType]: PhaseFace } = {
  frame: {
    name: 'The task',
    icon: 'frame',
    eyebrow: 'The task',
    middle: 'task',
    people: 'Who is here',
    about: 'Read the task together.',
  },
  silent: {
    name: 'Quiet writing',
    icon: 'silent',
    eyebrow: 'Quiet writing',
    middle: 'silent',
    people: 'Everyone is writing',
    about: 'No talking, no hurry. Nobody sees who has written how much.',
  },
  goRound: {
    name: 'Round',
    icon: 'goRound',
    eyebrow: 'The prompt for this round',
    middle: 'talk',
    people: 'Who is here',
    about: '',
  },
  open: {
    name: 'Open talk',
    icon: 'open',
    eyebrow: 'The prompt for this talk',
    middle: 'talk',
    people: 'Who is here',
    about: '',
  },
  rotate: {
    name: 'Swap roles',
    icon: 'rotate',
    eyebrow: 'Roles move on',
    middle: 'roles',
    people: 'Who is here',
    about: 'Settle who does what, then go on.',
  },
  merge: {
    name: 'Join rooms',
    icon: 'merge',
    eyebrow: 'Two rooms come together',
    middle: 'talk',
    people: 'Who is here now',
    about: 'The notes of both rooms are on one board.',
  },
  report: {
    name: 'Read back',
    icon: 'report',
    eyebrow: 'Read back',
    middle: 'talk',
    people: 'Who is here',
    about: 'Correct what is written; mark what should stay in this room.',
  },
  poll: {
    name: 'Poll',
    icon: 'poll',
    eyebrow: 'Poll',
    middle: 'poll',
    people: 'Who is here',
    about: 'Everybody answers alone.',
  },
  boardSort: {
    name: 'Sort notes',
    icon: 'boardSort',
    eyebrow: 'Sort the notes',
    middle: 'sort',
    people: 'Who is here',
    about: 'Move notes by their menu, or drag them on the wall.',
  },
  closing: {
    name: 'Close',
    icon: 'closing',
    eyebrow: 'To close',
    middle: 'talk',
    people: 'Who is here',
    about: '',
  },
};

export const faceOf = (phase: Phase): PhaseFace => faces[phase.type];
export const stepName = (phase: Phase): string => phase.label || faces[phase.type].name;
