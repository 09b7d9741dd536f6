import { svelte } from '@sveltejs/vite-plugin-svelte';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env.LIVE_SESSIONS_SERVER ?? 'http://localhost:5080';

/** What a participant fetches to join and to be in a room: script and style, gzipped. Over this the build fails. */
const budget = 150_000;

function participantsBudget(): Plugin {
  return {
    name: 'participants-budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const wanted = new Set<string>();
      const want = (file: string) => {
        const chunk = bundle[file];
        if (wanted.has(file) || chunk?.type !== 'chunk') return;
        wanted.add(file);
        chunk.viteMetadata?.importedCss.forEach((style) => wanted.add(style));
        chunk.imports.forEach(want);
      };
      for (const chunk of Object.values(bundle))
        if (
          chunk.type === 'chunk' &&
          (chunk.isEntry || /sessions\/(Join|Session)\.svelte$/.test(chunk.facadeModuleId ?? ''))
        )
          want(chunk.fileName);
      const size = [...wanted].reduce((sum, file) => {
        const made = bundle[file];
        return sum + (made ? gzipSync(made.type === 'chunk' ? made.code : made.source).length : 0);
      }, 0);
      if (wanted.size < 4)
        this.error('The screens of a participant were not found in the build; their size cannot be checked.');
      if (size > budget)
        this.error(`A participant would fetch ${size} bytes to join and be in a room; at most ${budget} are allowed.`);
      this.info(`A participant fetches ${size} bytes of script and style, gzipped.`);
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [svelte(), participantsBudget()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // light-dark() and color-mix() stay as written; older browsers than these are not served.
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    cssTarget: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0, // the content security policy lets fonts come from the server only
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': server,
      '/hub': { target: server, ws: true },
    },
  },
  test: {
    // Tapes are what tabs of the simulation were told; its tests make them and name their folder.
    include: [process.env.TAPES ? 'app/**/*.tapes.ts' : 'app/**/*.test.ts'],
    environment: 'node',
  },
});
