import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import AutoImport from 'unplugin-auto-import/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';
import Components from 'unplugin-vue-components/vite';
import { defineConfig } from 'vitest/config';

const testing = process.env['VITEST'] !== undefined;
const api = process.env['FORECOURT_API'] ?? 'http://127.0.0.1:8080';
const importStyle = testing ? false : 'css';

export default defineConfig({
  base: '/',
  plugins: [
    vue(),
    AutoImport({
      resolvers: [ElementPlusResolver({ importStyle })],
      dts: !testing && 'src/auto-imports.d.ts',
    }),
    Components({
      dirs: ['src/shared/components'],
      resolvers: [ElementPlusResolver({ importStyle })],
      dts: !testing && 'src/components.d.ts',
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { port: 5173, proxy: { '/api': api } },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // Without this the component library falls into some fifty files, one request each.
        codeSplitting: {
          groups: [
            {
              name: 'vue',
              test: /node_modules\/(@vue|vue|vue-router|pinia|vue-i18n|@intlify|openapi-fetch)\//,
              priority: 2,
            },
            {
              name: 'element',
              test: /node_modules\/(element-plus|@element-plus|@floating-ui|@popperjs|lodash|lodash-es|dayjs|async-validator)\/.*\.m?js$/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    environmentOptions: { happyDOM: { url: 'http://127.0.0.1/' } },
    // Element Plus is transformed for the tests, which takes its time on a loaded machine.
    testTimeout: 60_000,
    server: { deps: { inline: ['element-plus'] } },
  },
});
