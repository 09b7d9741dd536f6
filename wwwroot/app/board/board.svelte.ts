import { createContext } from 'svelte';
import type { NoteView } from '../contract';
import { announcements } from '../parts/announcer.svelte';
import { plainOf } from '../parts/richText';
import { opening } from '../parts/words';
import type { Room } from '../conversation/room.svelte';
import { move } from './notes';

/** What is in somebody's hand on this board: a note picked up by its menu, or one being dragged. */
export class Hand {
  room: Room;
  picked = $state<string | null>(null);
  dragged = $state<string | null>(null);
  /** Where a dragged note would go. */
  over = $state<{ column: string; before: string | null } | null>(null);

  constructor(room: Room) {
    this.room = room;
  }

  note = $derived.by((): NoteView | undefined =>
    this.room.notes.find((one) => one.note === (this.picked ?? this.dragged)),
  );

  pickUp(note: NoteView): void {
    this.picked = note.note;
    announcements.now(`Picked up: ${opening(plainOf(note.text), 60)}. Choose a place; Escape puts it back.`);
  }

  putDown(column: string, before: string | null): void {
    const note = this.note;
    this.picked = this.dragged = null;
    this.over = null;
    if (!note) return;
    move(this.room, note, column, before);
    const title = this.room.exercise?.board.find((one) => one.id === column)?.title ?? 'the board';
    announcements.now(`Put down in ${title}.`);
  }

  letGo(): void {
    if (this.picked) announcements.now('Put back.');
    this.picked = this.dragged = null;
    this.over = null;
  }
}

export const [useHand, setHand] = createContext<Hand>();
