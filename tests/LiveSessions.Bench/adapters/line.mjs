// One person's line to the hub, over a raw WebSocket: SignalR's JSON protocol as docs/protocol.md has it. It reads each message once and keeps no more than it is asked to.
import { inflateRawSync } from 'node:zlib';
import WebSocket from 'ws';

const END = '\x1e';
const PING = '{"type":6}' + END;
// Each line pings every three seconds, and not all at one moment: they stand for browsers that know nothing of each other.
const TURNS = 60;
const turns = Array.from({ length: TURNS }, () => new Set());
let turn = 0;
setInterval(() => { for (const l of turns[turn = (turn + 1) % TURNS]) if (l.ws.readyState === 1) l.ws.send(PING); }, 3000 / TURNS).unref();
let opened = 0;

export class Line {
  /// keep: hold every view (for set-up); otherwise only heard messages are passed on.
  static open(url, session, cookie, { heard = null, keep = true, closed = null } = {}) {
    return new Promise((ok, no) => {
      const ws = new WebSocket(`${url.replace('http', 'ws')}/hub?session=${encodeURIComponent(session)}`, { perMessageDeflate: false, headers: { cookie, origin: url } });
      const line = new Line(ws, heard, keep);
      ws.once('error', no);
      ws.once('open', () => ws.send('{"protocol":"json","version":1}' + END));
      ws.once('message', (first) => {
        const text = first.toString('utf8');
        const cut = text.indexOf(END) + 1;
        if (text.slice(0, cut - 1) !== '{}') return no(new Error('handshake: ' + text));
        ws.on('message', (d) => line.read(d.toString('utf8')));
        line.turn.add(line);
        if (text.length > cut) line.read(text.slice(cut));
        ok(line);
      });
      ws.on('close', () => { line.turn.delete(line); for (const f of line.pending.values()) f(undefined, 'The line was closed.'); line.pending.clear(); closed?.(); });
    });
  }

  constructor(ws, heard, keep) {
    this.ws = ws; this.heard = heard; this.views = keep ? new Map() : null;
    this.pending = new Map(); this.calls = 0; this.number = 0; this.instance = `bench${process.pid}x${(++opened).toString(36).padStart(6, '0')}`; this.turn = turns[opened % TURNS]; this.waiting = [];
  }

  read(text) {
    for (let from = 0; ;) {
      const to = text.indexOf(END, from);
      if (to < 0) break;
      const m = JSON.parse(text.slice(from, to));
      from = to + 1;
      if (m.type === 1) this.event(m.target, m.arguments[0]);
      else if (m.type === 3) { const f = this.pending.get(m.invocationId); if (f) { this.pending.delete(m.invocationId); f(m.result, m.error); } }
      else if (m.type === 7) this.ws.terminate();
    }
    if (this.waiting.length) this.waiting = this.waiting.filter((w) => !w());
  }

  event(target, a) {
    if (this.views) { if (target === 'Show') this.keep(a); else if (target === 'Moved') this.take(a); }
    this.heard?.(target, a);
  }

  invoke(target, argument, done) {
    const invocationId = String(++this.calls);
    this.pending.set(invocationId, done);
    this.ws.send(JSON.stringify({ type: 1, invocationId, target, arguments: [argument] }) + END);
  }

  call(target, argument) { return new Promise((ok, no) => this.invoke(target, argument, (result, error) => (error ? no(new Error(`${target}: ${error}`)) : ok(result)))); }

  async enter(positions = null) {
    const snapshot = await this.call('Enter', { instance: this.instance, positions, tables: true });
    if (this.views) this.take(snapshot);
    return snapshot;
  }

  /// Sends a command; `done(answer, error)` once it is stored.
  send(command, done) { this.invoke('Act', { instance: this.instance, number: ++this.number, command }, done); }

  /// A command that must be accepted.
  act(command) {
    return new Promise((ok, no) => this.send(command, (answer, error) => (error || answer.kind === 'refused' ? no(new Error(`${command.type}: ${error ?? answer.words}`)) : ok(answer))));
  }

  glimpse(glimpse) { this.ws.send(JSON.stringify({ type: 1, target: 'Glimpse', arguments: [glimpse] }) + END); }

  take(snapshot) { for (const a of snapshot.audiences) this.keep(a); }
  keep(told) { for (const { key, view } of changesOf(told)) if (view) this.views.set(key, view); else this.views.delete(key); }
  find(key) { return this.views.get(key); }

  until(so, ms = 20000) {
    return new Promise((ok, no) => {
      if (so()) return ok();
      const late = setTimeout(() => no(new Error('waited in vain for ' + so)), ms);
      this.waiting.push(() => { if (!so()) return false; clearTimeout(late); ok(); return true; });
    });
  }

  bytesIn() { return this.ws._socket?.bytesRead ?? 0; }
  close() { this.ws.terminate(); }
}

/// What an audience is told. All members live in this one process and are told the same bytes, which would be unpacked on as many devices; here it is done once.
export const changesOf = (told) => changesOfKinds(told, null);

/// Only the views of some kinds. A member who looks at no others need not go through the thousands of people that each of thousands is told of.
export const changesOfKinds = (told, kinds) => (told.packed ? [...told.packed.flatMap((text) => unpack(text, kinds)), ...told.changes] : told.changes);

const REMEMBERED = 1024;
const unpacked = new Map();
function unpack(text, kinds) {
  let changes = unpacked.get(text);
  if (!changes) {
    unpacked.set(text, (changes = { all: JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString('utf8')).flatMap((one) => (one.ids ? rows(one) : one)), some: new Map() }));
    if (unpacked.size > REMEMBERED) unpacked.delete(unpacked.keys().next().value);
  }
  if (!kinds) return changes.all;
  if (!changes.some.has(kinds)) changes.some.set(kinds, changes.all.filter(({ view }) => view && kinds.has(view.type)));
  return changes.some.get(kinds);
}

/// The views of a table (docs/protocol.md).
function rows({ kind, ids, columns }) {
  const all = Object.entries(columns);
  return ids.map((id, row) => {
    const view = {};
    for (const [name, values] of all) { const value = values.length ? values[Math.min(row, values.length - 1)] : id; if (value !== null) view[name] = value; }
    return { key: `${kind}:${id}`, view };
  });
}
