/** How the client is built and tested; the server embeds dist/, so names carry hashes and nothing is inlined (CSP). */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const packages = (names: string) => new RegExp(`node_modules[\\\\/](${names})[\\\\/]`);

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': process.env.QUDAO_URL ?? 'http://127.0.0.1:8090' } },
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The chart library is the only large piece, and pages without charts never load it; budgets are tested by size.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: packages('react|react-dom|scheduler|tslib'), priority: 3 },
            { name: 'echarts', test: packages('echarts|zrender'), priority: 3 },
            { name: 'tanstack', test: /node_modules[\\/]@tanstack/, priority: 2 },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'tests/unit/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
  },
});
