/** Sentences shown for 20 seconds at the foot of the page and kept in the list of messages. Trouble stays until it is put away. */
export interface Message {
  id: number;
  words: string;
  trouble: boolean;
  at: number;
  action?: { words: string; act: () => void };
}

const shownFor = 20_000;

export class Messages {
  shown = $state<Message[]>([]);
  all = $state<Message[]>([]);
  #next = 1;

  tell(words: string, action?: Message['action']): void {
    this.#add({ words, trouble: false, action });
  }

  trouble(words: string, action?: Message['action']): void {
    this.#add({ words, trouble: true, action });
  }

  putAway(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
  }

  #add(message: Pick<Message, 'words' | 'trouble' | 'action'>): void {
    const made = { ...message, id: this.#next++, at: Date.now() };
    this.shown = [...this.shown.filter((one) => one.words !== made.words), made].slice(-3);
    this.all = [...this.all, made].slice(-100);
    if (!made.trouble) setTimeout(() => this.putAway(made.id), shownFor);
  }
}

export const messages = new Messages();
