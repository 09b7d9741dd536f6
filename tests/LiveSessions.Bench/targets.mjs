// The driver's targets with the product among them. BENCH_DATA is an empty folder of this run; the program is the published Release build,
// and that of the folder BENCH_BESIDE beside it, where one is named (scripts/bench --beside).
import peers from './targets.peers.mjs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const data = process.env.BENCH_DATA ?? '/nowhere';
const beside = process.env.BENCH_BESIDE;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const product = (name, port, env = {}, program = 'product') => ({
  cmd: ['dotnet', 'LiveSessions.Server.dll'], cwd: program, url: `http://127.0.0.1:${port}`, adapter: 'product', opts: { data: join(data, name) }, redis: true, recover: 'rejoin',
  env: {
    DOTNET_ENVIRONMENT: 'Production', urls: `http://127.0.0.1:${port}`, Data__Directory: join(data, name), ConnectionStrings__Redis: '127.0.0.1:7100',
    // The driver sends more from one connection than a person may: up to 40 edits a second and far beyond, and a drag at 20 a second.
    Live__CommandsPerSecond: '100000', Live__CommandsAtOnce: '100000', Live__GlimpsesPerSecond: '1000', Logs__Level: 'Warning', ...env,
  },
});

export default {
  ...peers,
  'product': product('product', 7120),
  'product-embedded': product('product-embedded', 7121, { ConnectionStrings__Redis: '' }),
  ...(beside && {
    'beside': product('beside', 7122, {}, relative(root, beside)),
    'beside-embedded': product('beside-embedded', 7123, { ConnectionStrings__Redis: '' }, relative(root, beside)),
  }),
};
