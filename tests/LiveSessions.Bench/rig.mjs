// Starts what is measured, by its process id, and stops it again: redis-server, and the published server as often as asked. Figures about a process come from /proc.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { whenReady } from './adapters/house.mjs';

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const now = () => performance.now();
const at = (sorted, p) => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] : NaN);
export const spread = (values) => { const s = Float64Array.from(values).sort(); return { n: s.length, p50: +at(s, 0.5).toFixed(2), p95: +at(s, 0.95).toFixed(2), p99: +at(s, 0.99).toFixed(2), max: +(s.at(-1) ?? NaN).toFixed(2) }; };
export const cpuMs = (pid) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8'); const p = f.slice(f.lastIndexOf(')') + 2).split(' '); return (+p[11] + +p[12]) * 10; };
export const rssMb = (pid) => +(+/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1] / 1024).toFixed(1);
const total = () => readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).map(Number);
// What keeps the cores awake (scripts/awake) is nobody's load.
const keeping = () => (process.env.BENCH_AWAKE ?? '').split(' ').filter(Boolean).reduce((ms, pid) => ms + cpuMs(pid), 0);
const busy = () => { const f = total(); return (f[1] + f[2] + f[3] + f[6] + f[7]) * 10 - keeping(); };

/// CPU between two moments: of each process given, and of everybody else on the machine.
export function meter(...pids) {
  const own = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1000; };
  const before = { at: now(), own: own(), busy: busy(), cpu: pids.map(cpuMs) };
  return () => {
    const cpu = pids.map((p, i) => cpuMs(p) - before.cpu[i]);
    return { wallMs: Math.round(now() - before.at), cpuMs: cpu, foreignMs: Math.max(0, Math.round(busy() - before.busy - (own() - before.own) - cpu.reduce((a, b) => a + b, 0))) };
  };
}

async function open(port, ms = 20000) {
  for (const end = now() + ms; now() < end; await sleep(20))
    if (await new Promise((r) => { const s = net.connect(port, '127.0.0.1'); s.once('connect', () => { s.destroy(); r(true); }); s.once('error', () => r(false)); })) return;
  throw new Error(`Nothing listens on port ${port}.`);
}

export class Rig {
  constructor({ program, core = '0', fsync = 'everysec', embedded = false, redisPort = 7200 }) {
    Object.assign(this, { program, core, fsync, embedded, redisPort });
    this.folder = mkdtempSync(join(tmpdir(), 'live-sessions-bench-'));
    this.running = [];
  }

  start(command, options) {
    const p = spawn('taskset', ['-c', this.core, ...command], { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    this.running.push(p);
    return p;
  }

  async redis() {
    const dir = join(this.folder, 'redis');
    mkdirSync(dir, { recursive: true });
    this.store = this.start(['redis-server', '--port', String(this.redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--appendfsync', this.fsync, '--dir', dir, '--daemonize', 'no']);
    await open(this.redisPort);
  }

  /// A server of its own port. Servers of one site share `data` (accounts, seats, keys) and Redis.
  async server(port, { data = 'data', env = {} } = {}) {
    const folder = join(this.folder, data), url = `http://127.0.0.1:${port}`;
    const p = this.start(['dotnet', 'LiveSessions.Server.dll'], {
      cwd: this.program,
      env: {
        ...process.env, DOTNET_ENVIRONMENT: 'Production', urls: url, Data__Directory: folder, ...(!this.embedded && { ConnectionStrings__Redis: '127.0.0.1:' + this.redisPort }),
        Live__CommandsPerSecond: '100000', Live__CommandsAtOnce: '100000', Live__GlimpsesPerSecond: '1000', Logs__Level: 'Warning', ...env,
      },
    });
    const began = now();
    await open(port);
    await whenReady(url, folder);
    return { url, data: folder, pid: p.pid, process: p, readyMs: Math.round(now() - began) };
  }

  async end(p, signal = 'SIGTERM') {
    if (p.exitCode !== null || p.signalCode) return;
    const gone = new Promise((r) => p.once('exit', r));
    p.kill(signal);
    const late = setTimeout(() => p.kill('SIGKILL'), 8000);
    await gone;
    clearTimeout(late);
  }

  async stop() {
    for (const p of this.running.reverse()) await this.end(p);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
