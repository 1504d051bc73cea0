// Starts the real thing: `forecourt demo` on a data folder of its own, and waits until it serves.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const READY = /listens on (http:\/\/\S+)/;
/** A cold demo in an unoptimised build takes minutes, not hours. */
const READY_WITHIN_MS = 20 * 60 * 1000;

export const PASSWORD = 'Forecourt-Demo-1';

/** The binary under test; CI names it, a developer finds it where cargo puts it. */
function binary() {
  const found = process.env.FORECOURT_BIN ?? path.resolve('../target/debug/forecourt');
  if (!existsSync(found)) throw new Error(`no binary at ${found}: build it, or set FORECOURT_BIN`);
  return found;
}

/** The folders `synth` wrote: what was handed in, and what is true. */
function synth(folder) {
  return {
    /** The manifest's paths start here. */
    exports: folder,
    manifest: path.join(folder, 'manifest.json'),
    truth: path.join(folder, 'truth'),
  };
}

/** A house that runs already: FORECOURT_E2E_URL, and in FORECOURT_E2E_SYNTH the folder it was filled from. */
function runningHouse() {
  const { FORECOURT_E2E_URL: url, FORECOURT_E2E_SYNTH: folder } = process.env;
  if (!url) return null;
  if (!folder) throw new Error('FORECOURT_E2E_URL wants FORECOURT_E2E_SYNTH: the truth to compare with');
  return { url: url.replace(/\/$/, ''), ...synth(folder), close: async () => {} };
}

/** Opens the house, or finds the running one. FORECOURT_E2E_DATA keeps the data folder between runs. */
export async function openHouse() {
  const running = runningHouse();
  if (running) return running;
  const kept = process.env.FORECOURT_E2E_DATA;
  const folder = kept ?? (await mkdtemp(path.join(tmpdir(), 'forecourt-e2e-')));
  const preset = process.env.FORECOURT_E2E_PRESET ?? 'demo';
  const args = ['demo', '--preset', preset, '--data-dir', folder, '--listen', '127.0.0.1:0'];
  const child = spawn(binary(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready:\n${lines.join('\n')}`)), READY_WITHIN_MS);
    const read = (stream) =>
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        console.log(`  # ${line}`);
        const ready = READY.exec(line);
        if (ready) {
          clearTimeout(timer);
          resolve(ready[1]);
        }
      });
    read(child.stdout);
    read(child.stderr);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`forecourt ended with ${code}:\n${lines.join('\n')}`));
    });
  });
  return {
    url,
    ...synth(path.join(folder, 'synth')),
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      if (!kept) await rm(folder, { recursive: true, force: true });
    },
  };
}
