import type { Command, NoteView } from '../contract';
import { ask } from '../live/context';
import type { Room } from '../conversation/room.svelte';
import { isKept, isLost } from '../parts/focusKeeper';
import type { MenuItem } from '../parts/Menu.svelte';
import { noteColours, type NoteColour } from '../parts/NoteCard.svelte';
import { firstName } from '../parts/words';

export const shown = (colour: string): NoteColour => noteColours.find((one) => one.toLowerCase() === colour) ?? 'Sun';

/** The notes of one column, in their order; a note taken back leaves a gap. */
export const inColumn = (room: Room, column: string): NoteView[] => room.notes.filter((one) => one.column === column);

export const standing = (notes: readonly NoteView[]): number => notes.filter((one) => !one.isTakenBack).length;

/** Who wrote it, as shown on the note. */
export function byline(room: Room, note: NoteView): string {
  const mine = room.mine.notes.has(note.note);
  if (note.onlyMine) {
    const column = room.exercise?.board.find((one) => one.id === note.column)?.title;
    return `${column ? `${column}. ` : ''}Only you see it.`;
  }
  const who = note.isStandIn
    ? `Stand-in name: ${note.authorName}${mine ? ', you' : ''}`
    : mine
      ? `${firstName(note.authorName)}, you`
      : firstName(note.authorName);
  return [who, note.notKept && 'not saved', note.isHeld && 'stays here', note.editedAt && 'corrected']
    .filter(Boolean)
    .join(', ');
}

/** Moves a note before another one of a column, or to its end. */
export function move(room: Room, note: NoteView, column: string, before: string | null): void {
  if (before === note.note) return;
  void ask(room.live, { type: 'moveNote', note: note.note, column, before }).then(() => refocus(note.note));
}

/** A note that went elsewhere takes the focus with it, unless it is somewhere else by now. */
export async function refocus(note: string): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    await new Promise((next) => setTimeout(next, 33));
    const place = document.querySelector<HTMLElement>(`li[data-note="${CSS.escape(note)}"]`);
    if (place && (isLost() || isKept())) return (place.querySelector<HTMLElement>('.iconbtn') ?? place).focus();
  }
}

export interface NoteActs {
  correct: () => void;
  pickUp: () => void;
}

/** Everything a note can do. Dragging is only a shortcut for what is here. */
export function itemsFor(room: Room, note: NoteView, acts: NoteActs): MenuItem[] {
  const act = (words: string, icon: MenuItem['icon'], command: Command, more: Partial<MenuItem> = {}): MenuItem => ({
    words,
    icon,
    act: () => void ask(room.live, command).then(() => refocus(note.note)),
    ...more,
  });
  const id = note.note;
  const mayChange = room.mine.notes.has(id) || room.isStaff;
  const line = inColumn(room, note.column).filter((one) => !one.isTakenBack);
  const at = line.findIndex((one) => one.note === id);
  const items: MenuItem[] = [
    {
      words: 'Move to a column',
      icon: 'right',
      items: (room.exercise?.board ?? [])
        .filter((one) => one.id !== note.column)
        .map((one) => act(one.title, undefined, { type: 'moveNote', note: id, column: one.id, before: null })),
    },
  ];
  if (at > 0)
    items.push(
      act('Move earlier', 'up', { type: 'moveNote', note: id, column: note.column, before: line[at - 1]!.note }),
    );
  if (at >= 0 && at < line.length - 1)
    items.push(
      act('Move later', 'dn', { type: 'moveNote', note: id, column: note.column, before: line[at + 2]?.note ?? null }),
    );
  items.push({ words: 'Pick up, then choose a place', icon: 'pin', act: acts.pickUp });
  if (!mayChange) return items;
  return [
    ...items,
    {
      words: `Colour: ${shown(note.colour)}`,
      icon: 'colour',
      rule: true,
      items: noteColours.map((colour) =>
        act(
          colour,
          undefined,
          { type: 'editNote', note: id, text: null, colour: colour.toLowerCase() as Lowercase<NoteColour> },
          {
            on: shown(note.colour) === colour,
          },
        ),
      ),
    },
    act(note.isHeld ? 'Let it leave this room' : 'Keep in this room', 'lock', {
      type: 'holdNote',
      note: id,
      held: !note.isHeld,
    }),
    { words: 'Correct the words', icon: 'silent', act: acts.correct },
    act('Take it back', 'undo', { type: 'takeBackNote', note: id }),
  ];
}
