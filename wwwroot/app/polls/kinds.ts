import type { Component } from 'svelte';
import type { Ballot, PollView } from '../contract';
import Choices from './kinds/Choices.svelte';
import Dots from './kinds/Dots.svelte';
import OpenText from './kinds/OpenText.svelte';
import Rag from './kinds/Rag.svelte';
import Scale from './kinds/Scale.svelte';

export interface BallotFace {
  poll: PollView;
  /** What is chosen so far; the face changes it. */
  ballot: Ballot;
}

export interface PollKind {
  face: Component<BallotFace, object, 'ballot'>;
  /** What is missing before it can be sent, or null. */
  missing: (ballot: Ballot, poll: PollView) => string | null;
  /** One answer in words, by its position. */
  answer: (poll: PollView, index: number) => string;
}

const one = (ballot: Ballot) => (ballot.choices.length === 1 ? null : 'Choose one answer first.');
const plain = (poll: PollView, index: number) => poll.options[index] ?? '';

/** A new kind of poll is one file in kinds/ and one line here. */
export const kinds: Record<string, PollKind> = {
  single: { face: Choices, missing: one, answer: plain },
  multi: {
    face: Choices,
    missing: (ballot) => (ballot.choices.length ? null : 'Choose at least one answer first.'),
    answer: plain,
  },
  scale: {
    face: Scale,
    missing: one,
    answer: (poll, index) => [String(index + 1), poll.options[index]?.toLowerCase()].filter(Boolean).join(', '),
  },
  rag: { face: Rag, missing: one, answer: plain },
  dots: {
    face: Dots,
    missing: (ballot) => (ballot.choices.length ? null : 'Give at least one dot first.'),
    answer: plain,
  },
  text: {
    face: OpenText,
    missing: (ballot) => (ballot.text?.trim() ? null : 'Write your answer first.'),
    answer: plain,
  },
};
