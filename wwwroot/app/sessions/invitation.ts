import type { Consent } from '../contract';

/** What a code or a personal link opens, as the server tells it. */
export interface Invitation {
  session: string;
  title: string;
  programme?: string | null;
  startsAt?: string | null;
  timeZone?: string | null;
  teams: { id: string; name: string }[];
  /** The session's own wording of the choices, by their values; where one is missing, ours. */
  consentWords?: Partial<Record<Consent | 'mayQuote', string>> | null;
  retentionUntil?: string | null;
  isOpen: boolean;
  /** Told by a personal link only. */
  name?: string | null;
  team?: string | null;
}

export type { Consent };

/** The value of "I am a guest" in the list of teams; sent as no team. */
export const guest = '-';

export const choices: readonly { value: Consent; title: string; words: string }[] = [
  {
    value: 'named',
    title: 'With my name',
    words: 'Notes and turns are saved with your name. Your team and the instructors can read them.',
  },
  {
    value: 'standIn',
    title: 'With a stand-in name',
    words: 'Saved under an invented name, new for each conversation. People in your room may still know it was you.',
  },
  {
    value: 'notKept',
    title: 'Not kept',
    words:
      'You take part in full. Your words are marked “not saved”, and are removed within a day of the session’s end.',
  },
];

export const mayQuoteWords = 'Instructors may quote me in the summary they publish. They will show me the words first.';

export const keptWords: Record<Consent, string> = {
  named: 'Kept with my name',
  standIn: 'Kept with a stand-in name',
  notKept: 'Not kept',
};
