// Sets up sessions on a running server as a host does, over HTTP and the hub: signed in with the key that only the server's own user can read, a roster of teams, a seat for each person,
// rooms open for an exercise. Everything that a person may do later goes through the same rights, checks and storage as in real use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Line } from './line.mjs';

const BLOCK = 'practice';

async function call(url, path, { cookie, body, method = body ? 'POST' : 'GET' } = {}) {
  const answer = await fetch(url + path, {
    method, redirect: 'manual', headers: { origin: url, ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return { body: answer.status === 204 ? null : await answer.json(), cookie: answer.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ') };
}

async function inTurns(items, atOnce, work) {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, async () => { while (next < items.length) await work(items[next++]); }));
}

/// The host of everything that is measured.
export class Host {
  constructor(url, data) { this.url = url; this.data = data; }

  async signIn() {
    const key = readFileSync(join(this.data, 'host.key'), 'utf8').trim();
    this.cookie = (await call(this.url, '/api/rehearsal/signin', { body: { key } })).cookie;
  }

  /// A running session with everybody in their room, nobody connected.
  /// people: [{ name, team }], a team is a room; poll: whether one with four choices is open and shows its result as it grows.
  /// Returns { id, seats: Map name -> cookie, people: Map name -> person, rooms: Map team -> room, column, poll }.
  async open(title, people, { poll = false } = {}) {
    if (!this.cookie) await this.signIn();
    const { body: made } = await call(this.url, '/api/sessions', { cookie: this.cookie, body: { plan: 'week-1', title, startsAt: new Date().toISOString(), timeZone: 'Europe/London' } });
    const id = made.session;
    const { body: roster } = await call(this.url, `/api/sessions/${id}/roster`, { cookie: this.cookie, body: { csv: people.map((p) => `${p.team},${p.name}`).join('\n') } });
    const seats = new Map(), persons = new Map();
    await inTurns(roster.people, 16, async (p) => {
      const token = p.link.slice(p.link.lastIndexOf('/') + 1);
      seats.set(p.name, (await call(this.url, '/api/link/' + token, { body: { consent: 'named', mayQuote: false } })).cookie);
      persons.set(p.name, p.person);
    });
    const staff = await Line.open(this.url, id, this.cookie);
    await staff.enter();
    await staff.act({ type: 'startSession' });
    await staff.act({ type: 'proposeGrouping', rule: 'homeTeams', size: 6, seed: 1 });
    const block = staff.find('plan').blocks.find((b) => b.kind === 'rooms').block;
    await staff.act({ type: 'openRooms', block, minutes: 240 });
    if (poll) await staff.act({ type: 'openPoll', poll: 'bench', spec: { kind: 'single', question: 'Which?', options: ['One', 'Two', 'Three', 'Four'], votes: 1, resultsLive: true } });
    await staff.until(() => staff.find('exercise') && [...staff.views.keys()].some((k) => k.startsWith('watch:')));
    const rooms = new Map([...staff.views].filter(([k]) => k.startsWith('watch:')).map(([, w]) => [w.name, w.room]));
    const column = staff.find('exercise').exercise.board[0].id;
    staff.close();
    return { id, seats, people: persons, rooms, column, poll: poll ? 'bench' : null };
  }
}

/// Waits until the server answers and has written its key.
export async function whenReady(url, data, ms = 30000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      if ((await fetch(url + '/health/ready')).ok && readFileSync(join(data, 'host.key'), 'utf8')) return;
    } catch { /* not yet */ }
    if (Date.now() > end) throw new Error('The server did not become ready at ' + url);
    await new Promise((r) => setTimeout(r, 50));
  }
}
export { BLOCK };
