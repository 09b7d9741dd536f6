// Workloads that the load driver does not have, on servers of their own. Each prints one line of JSON for each figure.
//   node more.mjs PROGRAM two,catchup,restart,first,stall,idle,apart,rooms,joins,steady,herd [--embedded] [--fsync always] [--rates 4,30] [--entries 1000,5000] [--sessions 50] [--settle 20] [--rooms 25,100] [--size 6] [--edits 600] [--times 1] [--over 2] [--joins 150,1000] [--herd 5000] [--stopped 45]
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Rig, meter, now, rssMb, sleep, spread } from './rig.mjs';
import { Host } from './adapters/house.mjs';
import { Line, changesOf } from './adapters/line.mjs';

const [program, which = 'two,catchup,restart,idle,rooms,joins,steady'] = process.argv.slice(2);
const option = (name, otherwise) => { const i = process.argv.indexOf('--' + name); return i < 0 ? otherwise : process.argv[i + 1]; };
const numbers = (name, otherwise) => option(name, otherwise).split(',').map(Number);
const embedded = process.argv.includes('--embedded');
const WORDS = 'What would make the next workshop better for people who join late? '.padEnd(80, '.');
const say = (workload, figures) => writeSync(1, JSON.stringify({ workload, ...figures }) + '\n');
const inRooms = (rooms, size) => Array.from({ length: rooms * size }, (_, i) => ({ name: 'm' + i, team: 'room' + (i % rooms) }));

async function withRig(use) {
  const rig = new Rig({ program, embedded, fsync: option('fsync', 'everysec') });
  try { if (!embedded) await rig.redis(); return await use(rig); } finally { await rig.stop(); }
}

/// Everybody of a session on their lines; `server(i)` says on which server.
async function enter(place, people, server, heard) {
  const lines = [];
  for (const [i, { name }] of people.entries()) {
    const line = await Line.open(server(i).url, place.id, place.seats.get(name), { keep: false, heard: (target, a) => heard(i, target, a) });
    await line.enter();
    lines.push(line);
  }
  return lines;
}

/// Each person edits a note of their own `rate` times a second; latencies by `kind(from, to)`.
class Storm {
  constructor(place, people, kind) { Object.assign(this, { place, people, kind, from: Infinity, latencies: {}, delivered: 0, sent: 0, person: new Map(people.map((p, i) => [place.people.get(p.name), i])) }); }

  heard(i, target, a) {
    if (target !== 'Show') return;
    const at = now();
    for (const { view } of changesOf(a)) {
      if (view?.type !== 'note') continue;
      const author = this.person.get(view.author), sent = +view.text.slice(view.text.lastIndexOf('|') + 1);
      if (author === i || sent < this.from) continue;
      (this.latencies[this.kind(author, i)] ??= []).push(at - sent);
      this.delivered++;
    }
  }

  async run(lines, rate, seconds) {
    const began = now();
    this.made ??= new Set();
    for (let n = 0; now() - began < seconds * 1000; await sleep(1))
      for (const due = ((now() - began) * lines.length * rate) / 1000; n < due; n++) {
        const i = n % lines.length, note = 'n' + i, text = `${WORDS}|${now()}`;
        lines[i].send(this.made.has(note) ? { type: 'editNote', note, text, colour: null } : { type: 'addNote', note, column: this.place.column, text, colour: 'sun' }, () => {});
        this.made.add(note);
        this.sent++;
      }
  }

  async measure(lines, pids, rate = 4, seconds = 5) {
    await this.run(lines, Math.min(rate * 3, Math.max(rate, 40)), 3);
    await sleep(1000);
    this.latencies = {}; this.delivered = this.sent = 0; this.from = now();
    const stop = meter(...pids);
    await this.run(lines, rate, seconds);
    const spent = stop();
    await sleep(1000);
    return { sent: this.sent, delivered: this.delivered, usPerDelivery: spent.cpuMs.map((ms) => +((ms * 1000) / this.delivered).toFixed(1)), foreignMs: spent.foreignMs, wallMs: spent.wallMs,
      ...Object.fromEntries(Object.entries(this.latencies).map(([k, v]) => [k, spread(v)])) };
  }
}

const workloads = {
  /// One room over two servers: what the other server's people wait for, and whether one's own wait longer than on one server alone.
  async two() {
    for (const servers of [1, 2])
      await withRig(async (rig) => {
        const archive = `Data Source=${join(rig.folder, 'archive.db')}`;
        const all = [];
        for (let i = 0; i < servers; i++) all.push(await rig.server(7230 + i, { data: 'data' + i, env: { ConnectionStrings__Archive: archive } }));
        const people = inRooms(25, 6), place = await new Host(all[0].url, all[0].data).open('two', people);
        const on = (i) => Math.floor(i / 25) % servers;
        const storm = new Storm(place, people, (a, b) => (on(a) === on(b) ? 'local' : 'remote'));
        const lines = await enter(place, people, (i) => all[on(i)], (i, t, a) => storm.heard(i, t, a));
        say('two', { servers, ...(await storm.measure(lines, all.map((s) => s.pid))) });
        for (const l of lines) l.close();
      });
  },

  /// Coming back after k entries, with logs of several lengths behind them.
  async catchup() {
    await withRig(async (rig) => {
      const server = await rig.server(7230), people = inRooms(1, 6);
      for (const entries of numbers('entries', '1000,5000')) {
        const place = await new Host(server.url, server.data).open('catchup', people);
        const [writer, reader] = await enter(place, people.slice(0, 2), () => server, () => {});
        for (let i = 0; i < 500; i++) await writer.act({ type: 'addNote', note: 'n' + i, column: place.column, text: WORDS + i, colour: 'sun' });
        for (let done = 500; done < entries; ) {
          const some = Math.min(100, entries - done);
          await Promise.all(Array.from({ length: some }, (_, k) => writer.act({ type: 'editNote', note: 'n' + ((done + k) % 500), text: `${WORDS}${done + k}`, colour: null })));
          done += some;
        }
        for (const missed of [1, 10, 100, 1000]) {
          const ms = [];
          let bytes = 0, told = 0;
          for (let k = 0; k < 20; k++) {
            const head = (await reader.call('Resume', { positions: {} })).head;
            const positions = Object.fromEntries(['all', 'person:' + place.people.get('m1'), 'room:' + [...place.rooms.values()][0]].map((a) => [a, head - missed]));
            const [before, began] = [reader.bytesIn(), now()];
            const snapshot = await reader.call('Resume', { positions });
            ms.push(now() - began);
            bytes = reader.bytesIn() - before;
            told = snapshot.audiences.reduce((n, a) => n + changesOf(a).length, 0);
          }
          say('catchup', { entries, missed, changes: told, bytes, ...spread(ms) });
        }
        writer.close(); reader.close();
      }
    });
  },

  /// kill -9, start again: until it answers, until somebody has their picture again, with logs of several lengths.
  async restart() {
    await withRig(async (rig) => {
      for (const entries of numbers('entries', '1000,5000')) {
        let server = await rig.server(7230, { data: 'data' + entries });
        const people = inRooms(1, 6), place = await new Host(server.url, server.data).open('restart', people);
        const [writer] = await enter(place, people.slice(0, 1), () => server, () => {});
        for (let done = 0; done < entries; done += 100)
          await Promise.all(Array.from({ length: 100 }, (_, k) => { const n = done + k; return writer.act(n < 500 ? { type: 'addNote', note: 'n' + n, column: place.column, text: WORDS + n, colour: 'sun' } : { type: 'editNote', note: 'n' + (n % 500), text: WORDS + n, colour: null }); }));
        await rig.end(server.process, 'SIGKILL');
        const began = now();
        server = await rig.server(7230, { data: 'data' + entries });
        const readyMs = Math.round(now() - began);
        const line = await Line.open(server.url, place.id, place.seats.get('m1'), { keep: true });
        await line.enter();
        say('restart', { entries, readyMs, firstJoinMs: Math.round(now() - began) - readyMs, notes: [...line.views.keys()].filter((k) => k.startsWith('note:')).length, rssMb: rssMb(server.pid) });
        line.close();
        await rig.end(server.process);
      }
    });
  },

  /// Somebody, and then others, at a server that nobody has used, of a session that was made on another: opening the line, Enter, a first note.
  async first() {
    await withRig(async (rig) => {
      const env = { ConnectionStrings__Archive: `Data Source=${join(rig.folder, 'archive.db')}` };
      const made = await rig.server(7230, { data: 'data0', env }), people = inRooms(2, 6), place = await new Host(made.url, made.data).open('first', people);
      const server = await rig.server(7231, { data: 'data1', env });
      await sleep(2000);
      const stop = meter(server.pid), each = [];
      for (const [i, { name }] of people.slice(0, 4).entries()) {
        const at = [now()], mark = () => at.push(now());
        const line = await Line.open(server.url, place.id, place.seats.get(name), { keep: true }); mark();
        await line.enter(); mark();
        await line.act({ type: 'addNote', note: 'n' + i, column: place.column, text: WORDS, colour: 'sun' }); mark();
        each.push(at.slice(1).map((t, k) => Math.round(t - at[k])));
      }
      say('first', { readyMs: server.readyMs, openEnterNoteMs: each, cpuMs: stop().cpuMs[0] });
    });
  },

  /// Redis is stopped, with SIGSTOP, under 150 people who go on writing, and goes on.
  async stall() {
    await withRig(async (rig) => {
      const server = await rig.server(7230), people = inRooms(25, 6), place = await new Host(server.url, server.data).open('stall', people);
      const lines = await enter(place, people, () => server, () => {}), seconds = +option('stopped', 45), edits = +option('edits', 600);
      let closed = 0, sent = 0, acked = 0, unsaved = 0, runs = true;
      for (const line of lines) line.ws.on('close', () => { if (runs) closed++; });
      const made = new Set(), began = now();
      const work = (async () => {
        for (let n = 0; runs; await sleep(1))
          for (const due = ((now() - began) * edits) / 1000; n < due; n++) {
            const i = n % lines.length, note = 'n' + i;
            sent++;
            lines[i].send(made.has(note) ? { type: 'editNote', note, text: WORDS + n, colour: null } : { type: 'addNote', note, column: place.column, text: WORDS, colour: 'sun' }, (_, error) => (error ? unsaved++ : acked++));
            made.add(note);
          }
      })();
      await sleep(5000);
      rig.store.kill('SIGSTOP');
      await sleep(seconds * 1000);
      const before = { sent, acked, unsaved };
      rig.store.kill('SIGCONT');
      const back = now();
      for (; acked + unsaved < before.sent && now() - back < 60000; await sleep(10));
      const answeredMs = Math.round(now() - back), t = now(), late = await Line.open(server.url, place.id, place.seats.get('m0'), { keep: false });
      await late.enter();
      const enterMs = Math.round(now() - t);
      runs = false;
      await work;
      say('stall', { stopped: seconds, before, answeredMs, enterMs, unsaved, closed });
    });
  },

  /// One busy session, alone and with idle ones around it.
  async idle() {
    await withRig(async (rig) => {
      const server = await rig.server(7230), host = new Host(server.url, server.data), people = inRooms(25, 6);
      const place = await host.open('busy', people);
      const storm = new Storm(place, people, () => 'local');
      const lines = await enter(place, people, () => server, (i, t, a) => storm.heard(i, t, a));
      say('idle', { sessions: 0, rssMb: rssMb(server.pid), ...(await storm.measure(lines, [server.pid])) });
      const sessions = +option('sessions', 50), around = [];
      for (let s = 0; s < sessions; s++) { const p = inRooms(1, 5); around.push(...(await enter(await host.open('idle' + s, p), p, () => server, () => {}))); }
      // Until the archive has copied a thousand beginnings.
      await sleep(+option('settle', 20) * 1000);
      const stop = meter(server.pid);
      await sleep(5000);
      const { cpuMs, wallMs } = stop();
      say('idle', { sessions, lines: around.length, idleCore: +(cpuMs[0] / wallMs).toFixed(3), rssMb: rssMb(server.pid), ...(await storm.measure(lines, [server.pid])) });
    });
  },

  /// Two servers with sessions of their own, a busy one on the first: what the second spends on it, with so many idle ones.
  async apart() {
    await withRig(async (rig) => {
      const archive = `Data Source=${join(rig.folder, 'archive.db')}`, servers = [];
      for (let i = 0; i < 2; i++) servers.push(await rig.server(7230 + i, { data: 'data' + i, env: { ConnectionStrings__Archive: archive } }));
      const [busy, other] = servers, host = new Host(busy.url, busy.data), people = inRooms(25, 6), place = await host.open('busy', people);
      const storm = new Storm(place, people, () => 'local');
      const lines = await enter(place, people, () => busy, (i, t, a) => storm.heard(i, t, a));
      const sessions = +option('sessions', 50);
      for (let s = 0; s < sessions; s++) { const p = inRooms(1, 5); await enter(await host.open('idle' + s, p), p, () => other, () => {}); }
      await sleep(+option('settle', 20) * 1000);
      const stop = meter(other.pid);
      await sleep(5000);
      const { cpuMs, wallMs } = stop(), told = await storm.measure(lines, [busy.pid, other.pid]);
      say('apart', { sessions, otherCoreBefore: +(cpuMs[0] / wallMs).toFixed(3), otherCore: +((told.usPerDelivery[1] * told.delivered) / 1000 / told.wallMs).toFixed(3), ...told });
    });
  },

  /// 25 rooms of six on one server, each person so many edits a second, three times each; with `--fsync always` beside `everysec`.
  async steady() {
    await withRig(async (rig) => {
      const server = await rig.server(7230), people = inRooms(25, 6), place = await new Host(server.url, server.data).open('steady', people);
      const storm = new Storm(place, people, () => 'local');
      const lines = await enter(place, people, () => server, (i, t, a) => storm.heard(i, t, a));
      for (const rate of numbers('rates', '4,30').flatMap((r) => [r, r, r])) say('steady', { rate, ...(await storm.measure(lines, [server.pid, ...(rig.store ? [rig.store.pid] : [])], rate)) });
      for (const l of lines) l.close();
    });
  },

  /// More rooms of six in one session, 600 edits a second in all; with `--over 2` on two servers, each with half of the rooms. `--size 150 --edits 40` for rooms of another size; `--times 4` measures four times, on warmer code each.
  async rooms() {
    const size = +option('size', 6), edits = +option('edits', 600);
    for (const rooms of numbers('rooms', '25,100'))
      await withRig(async (rig) => {
        const archive = `Data Source=${join(rig.folder, 'archive.db')}`, servers = [], over = +option('over', 1);
        for (let i = 0; i < over; i++) servers.push(await rig.server(7230 + i, { data: 'data' + i, env: { ConnectionStrings__Archive: archive } }));
        const people = inRooms(rooms, size), began = now(), place = await new Host(servers[0].url, servers[0].data).open('rooms', people);
        const setUpMs = Math.round(now() - began);
        const storm = new Storm(place, people, () => 'local');
        const lines = await enter(place, people, (i) => servers[(i % rooms) % over], (i, t, a) => storm.heard(i, t, a));
        for (let time = 0; time < +option('times', 1); time++) say('rooms', { rooms, size, people: people.length, servers: over, setUpMs, rssMb: servers.map((s) => rssMb(s.pid)), ...(await storm.measure(lines, [...servers.map((s) => s.pid), rig.store?.pid].filter(Boolean), edits / people.length)) });
        for (const l of lines) l.close();
      });
  },

  /// So many people come into one room with 500 notes within two seconds, each size twice (the first time on colder code). What each waits for its first picture, and what that and the news of the others cost.
  async joins() {
    await withRig(async (rig) => {
      const server = await rig.server(7230), host = new Host(server.url, server.data);
      for (const [turn, size] of numbers('joins', '150,1000').flatMap((n) => [n, n]).entries()) {
        const people = ['seeder', ...Array.from({ length: size }, (_, i) => 'm' + i)];
        const place = await host.open('joins' + turn, people.map((name) => ({ name, team: 'one' })));
        const seeder = await Line.open(server.url, place.id, place.seats.get('seeder'), { keep: false });
        await seeder.enter();
        for (let i = 0; i < 500; i += 25) await Promise.all(Array.from({ length: 25 }, (_, k) => seeder.act({ type: 'addNote', note: 's' + (i + k), column: place.column, text: WORDS, colour: 'sun' })));
        await sleep(3000);
        const stop = meter(server.pid, ...(rig.store ? [rig.store.pid] : [])), began = now(), waited = [];
        const lines = await Promise.all(people.slice(1).map(async (name, i) => {
          await sleep((i * 2000) / size - (now() - began));
          const from = now();
          const line = await Line.open(server.url, place.id, place.seats.get(name), { keep: false });
          await line.enter();
          waited.push(now() - from);
          return line;
        }));
        const spent = stop(), bytes = lines.map((l) => l.bytesIn()).sort((a, b) => a - b);
        say('joins', { people: size, ...spread(waited), cpuMsPerJoin: spent.cpuMs.map((ms) => +(ms / size).toFixed(2)), bytes: bytes[size >> 1], foreignMs: spent.foreignMs, wallMs: spent.wallMs });
        for (const l of lines) l.close();
        seeder.close();
        await sleep(8000);
      }
    });
  },

  /// Sessions of 25 rooms of six over two servers, of which one is killed: its people come back to the other as browsers do. What each waits for their picture, and how often they try.
  async herd() {
    await withRig(async (rig) => {
      const archive = `Data Source=${join(rig.folder, 'archive.db')}`, servers = [];
      for (let i = 0; i < 2; i++) servers.push(await rig.server(7230 + i, { data: 'data' + i, env: { ConnectionStrings__Archive: archive } }));
      const host = new Host(servers[0].url, servers[0].data), herd = [], unnoticedMs = +option('unnoticed', 2000);
      let began = now();
      for (let left = +option('herd', 5000), s = 0; left > 0; left -= 150, s++) {
        const people = inRooms(25, 6).slice(0, left), place = await host.open('herd' + s, people);
        herd.push(...people.map(({ name }, i) => new Returner(place.id, place.seats.get(name), servers, i % 2)));
      }
      const setUpMs = Math.round(now() - began);
      for (let at = 0; at < herd.length; at += 50) await Promise.all(herd.slice(at, at + 50).map((r) => r.begin()));
      await sleep(5000);
      const lost = herd.filter((r) => r.line.server === 1), stop = meter(servers[0].pid, rig.store.pid);
      began = now();
      Returner.knownFrom = began + unnoticedMs;
      servers[1].process.kill('SIGKILL');
      while (lost.some((r) => !r.backAt) && now() - began < 120000) await sleep(100);
      const spent = stop(), waited = lost.map((r) => (r.backAt ?? Infinity) - began), tries = lost.map((r) => r.tries);
      say('herd', { people: herd.length, lost: lost.length, setUpMs, begunAgain: Returner.begunAgain, ...spread(waited), in15s: waited.filter((w) => w <= 15000).length / lost.length, in30s: waited.filter((w) => w <= 30000).length / lost.length,
        tries: spread(tries), over8: tries.filter((t) => t > 8).length, cpuMsPerReturn: spent.cpuMs.map((ms) => +(ms / lost.length).toFixed(2)), foreignMs: spent.foreignMs, wallMs: spent.wallMs, rssMb: rssMb(servers[0].pid) });
      for (const r of herd) r.end();
    });
  },
};

/// Somebody whose line is made again as the browser makes it (wwwroot/app/live/connection.ts). Until a server that is gone is noticed, the load balancer sends every other try there.
class Returner {
  static knownFrom = 0;
  static begunAgain = 0;
  constructor(session, seat, servers, at) { Object.assign(this, { session, seat, servers, at, positions: {}, tries: 0, backAt: null, over: false }); }

  /// Whoever does not come in at once tries again, as a browser does; how many had to is told.
  async begin() {
    for (let left = 5; !(await this.once(this.at)).entered; left--) {
      if (!left) throw new Error('Somebody could not come in at all.');
      Returner.begunAgain++;
      await sleep(500);
    }
  }

  async once(server) {
    let wasThere = false, line = null;
    try {
      line = await Line.open(this.servers[server].url, this.session, this.seat, { keep: false, heard: (target, a) => this.heard(target, a), closed: () => void (line && line === this.line && this.comeBack()) });
      wasThere = true;
      line.server = server;
      for (const told of (await line.enter(this.positions)).audiences) this.positions[told.audience] = told.upTo;
      this.line = line;
      return { entered: true };
    } catch (e) { if (!this.line) console.error('did not come in:', e.message); line?.close(); return { entered: false, wasThere }; }
  }

  heard(target, a) { if (target === 'Show') this.positions[a.audience] = a.upTo; }

  async comeBack() {
    for (let failed = 1, most = 5000; !this.over; failed++) {
      most = Math.min(most, 200 * 2 ** failed);
      await sleep(200 + (most - 200) * Math.random());
      this.tries++;
      const { entered, wasThere } = await Promise.race([this.once(now() < Returner.knownFrom && Math.random() < 0.5 ? 1 : 0), sleep(20000).then(() => ({ entered: false, wasThere: false }))]);
      if (entered) { this.backAt = now(); return; }
      most = wasThere ? 1000 : 5000;
    }
  }

  end() { this.over = true; this.line?.close(); }
}

for (const name of which.split(',')) {
  try { await workloads[name](); } catch (e) { say(name, { failed: String(e.stack ?? e) }); process.exitCode = 1; }
}
process.exit();
