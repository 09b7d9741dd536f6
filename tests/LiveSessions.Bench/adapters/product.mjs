// The product, for the load driver: what its README asks of an adapter, in the product's own messages (docs/protocol.md). An edit is addNote, then editNote by its author; a drag is a Glimpse; a
// vote is castBallot. The time stamp travels in the note's words, with a number that rises by one with each edit of the note.
//
// Sessions are made before their members come, from the name the driver gives them: people on a roster, each with a seat, everybody in a room. What the driver calls the plenary is one room
// with everybody in it, because notes live in rooms.
//
// A view comes whole, so edits of one note that are stored in one batch come as one view. An edit counts as received when its note comes with it or with a later edit of the same note.
import { Host, whenReady } from './house.mjs';
import { Line, changesOfKinds } from './line.mjs';

const PLENARY = 'plenary';
const REMEMBERED = 4096;
const LOOKED_AT = new Set(['note', 'tally']);
const big = () => { const i = process.argv.indexOf('--big'); return i < 0 ? 1000 : +process.argv[i + 1]; };
const range = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const inRooms = (n, rooms, first = 0) => range(n, (i) => ({ name: 'm' + (first + i), team: 'room' + ((first + i) % rooms) }));

/// Who belongs to a session of the driver, by its name.
function peopleOf(session) {
  const [kind, a] = session.split('-');
  switch (kind) {
    case 'w1': case 'w5': return inRooms(150, 25);
    case 'w2': return range(+a, (i) => ({ name: 'm' + i, team: PLENARY }));
    case 'w3': return [{ name: 'seeder', team: PLENARY }, ...range(+a, (i) => ({ name: 'm' + i, team: PLENARY }))];
    case 'w4w': return range(20, (i) => ({ name: 'm' + i, team: 'r' }));
    case 'w4': return inRooms(Math.min(150, big() - 150 * +a), 25, 150 * +a);
    case 'w6': return [{ name: 'w6', team: PLENARY }, { name: 'w6b', team: PLENARY }];
    case 's1': { const rooms = Math.floor(150 / +a); return inRooms(rooms * +a, rooms); }
    default: throw new Error('The product adapter does not know the driver\'s session ' + session);
  }
}

/// When each edit of a note was sent, by its number; all clients of the driver live in one process.
class Sent {
  notes = new Map();
  add(note, t) {
    let n = this.notes.get(note);
    if (!n) this.notes.set(note, (n = { last: 0, at: new Float64Array(REMEMBERED) }));
    n.at[++n.last % REMEMBERED] = t;
    return n.last;
  }
  at(note, number) { return this.notes.get(note)?.at[number % REMEMBERED]; }
}

class Client {
  constructor(stage, handlers) { this.stage = stage; this.h = handlers; this.known = new Known(); this.mine = new Set(); }

  async joinRoom(session, room, member) {
    const place = await this.stage.session(session);
    this.place = place;
    this.person = place.people.get(member);
    this.line = await Line.open(this.stage.url, place.id, place.seats.get(member), { keep: false, heard: (target, a) => this.heard(target, a), closed: this.h.closed });
    const snapshot = await this.line.enter();
    for (const audience of snapshot.audiences) this.known.take(audience);
    return snapshot;
  }

  heard(target, a) {
    if (target === 'Show') {
      for (const { key, view } of changesOfKinds(a, LOOKED_AT)) {
        if (!view) continue;
        if (view.type === 'note') this.noted(key, view);
        else if (view.type === 'tally') this.h.tally?.(view.answered);
      }
    } else if (target === 'Glimpsed') {
      const id = a.glimpse.note;
      if (a.glimpse.kind === 'drag') this.h.drag?.(id, this.stage.drags.at(id, Math.round(a.glimpse.x * 1e6)));
    } else if (target === 'Moved') throw new Error('The driver\'s members do not move.');
  }

  noted(key, view) {
    const number = numberOf(view.text);
    const before = this.known.get(key);
    if (number <= before) return;
    this.known.set(key, number);
    if (view.author === this.person || !this.h.note) return;
    this.stage.views++;
    const note = this.place.id + view.note;
    for (let n = before + 1; n <= number; n++) { this.stage.edits++; this.h.note(view.note, this.stage.sent.at(note, n), view.author); }
  }

  editNote(id, text, x, y, t) {
    const words = `${text}|${this.stage.sent.add(this.place.id + id, t)}`;
    const command = this.mine.has(id) ? { type: 'editNote', note: id, text: words, colour: null } : { type: 'addNote', note: id, column: this.place.column, text: words, colour: 'sun' };
    this.mine.add(id);
    this.line.send(command, (answer, error) => {
      if (!error && answer.kind !== 'refused') this.h.ack?.(t);
      else this.stage.failed(error ?? answer.words);
    });
  }

  // A glimpse's place is a number from 0 to 1; the driver's stamp is looked up by it.
  drag(id, x, y, t) { this.line.glimpse({ kind: 'drag', note: id, x: this.stage.drags.add(id, t) / 1e6, y: 0.5 }); }

  vote(option) {
    this.line.send({ type: 'castBallot', poll: this.place.poll, ballot: { choices: [+option.slice(1)], text: null } }, (answer, error) => {
      if (error || answer.kind === 'refused') this.stage.failed(error ?? answer.words);
    });
  }

  readState() { return { notes: this.known.size }; }
  bytesIn() { return this.line?.bytesIn() ?? 0; }
  close() { this.line?.close(); }
}

const numberOf = (text) => +text.slice(text.lastIndexOf('|') + 1);

/// The newest edit that a member knows of each note: what all of a room were given alike, held once for all of them, and what this one has heard since. A map of their own for each of a thousand who
/// come in would be half a million entries for the driver's collector to carry, whose pauses would then be read as the server's (docs/performance-findings.md, G10).
class Known {
  own = new Map();
  bases = [];

  take(audience) {
    for (const text of audience.packed ?? []) this.bases.push(baseOf(text));
    for (const { key, view } of changesOfKinds({ changes: audience.changes }, LOOKED_AT)) if (view?.type === 'note') this.own.set(key, numberOf(view.text));
  }

  get(key) { return this.own.get(key) ?? this.bases.findLast((b) => b.has(key))?.get(key) ?? 0; }
  set(key, number) { this.own.set(key, number); }
  get size() { return new Set([...this.bases.flatMap((b) => [...b.keys()]), ...this.own.keys()]).size; }
}

const bases = new Map();
function baseOf(text) {
  let base = bases.get(text);
  if (!base) {
    bases.set(text, (base = new Map(changesOfKinds({ packed: [text], changes: [] }, LOOKED_AT).filter(({ view }) => view.type === 'note').map(({ key, view }) => [key, numberOf(view.text)]))));
    if (bases.size > REMEMBERED) bases.delete(bases.keys().next().value);
  }
  return base;
}

class Stage {
  constructor(url, data) {
    this.url = url; this.data = data; this.host = new Host(url, data); this.sessions = new Map(); this.sent = new Sent(); this.drags = new Sent(); this.views = 0; this.edits = 0; this.faults = new Map();
  }

  session(name) {
    if (name === 'w4w') for (let k = 0; k * 150 < big(); k++) this.session('w4-' + k);
    let made = this.sessions.get(name);
    if (!made) this.sessions.set(name, (made = (this.last = this.after(this.last, name))));
    return name === 'w4w' ? Promise.all(this.sessions.values()).then(() => made) : made;
  }

  async after(before, name) {
    await before;
    await whenReady(this.url, this.data);
    return this.host.open(name, peopleOf(name), { poll: name.startsWith('w2') });
  }

  failed(why) {
    if (!this.faults.size) setTimeout(() => { console.error('product: not accepted', JSON.stringify([...this.faults])); this.faults.clear(); }, 2000).unref();
    this.faults.set(why, (this.faults.get(why) ?? 0) + 1);
  }
}

export default function product({ url, data }) {
  const stage = new Stage(url, data);
  setTimeout(() => {}, 0);
  process.once('exit', () => { if (stage.edits) console.log(`product: ${stage.edits} edits were seen in ${stage.views} views`); });
  return {
    noAck: false,
    async connect(member, handlers) { return new Client(stage, handlers); },
  };
}
