// A steady load on a running server: N requests a second, whatever the answers take, and the percentiles of their
// latency. Usage: load.mjs URL USER PASSWORD RATE SECONDS
const [url, user, password, rate, seconds] = process.argv.slice(2);

const signIn = await fetch(`${url}/api/sessions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ username: user, password }),
});
if (!signIn.ok) throw new Error(`cannot sign in: ${signIn.status} ${await signIn.text()}`);
const headers = { cookie: signIn.headers.get('set-cookie').split(';')[0] };

async function timed(path) {
  const started = performance.now();
  const response = await fetch(url + path, { headers });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return performance.now() - started;
}

const listed = await (await fetch(`${url}/api/persons?page=1&size=200`, { headers })).json();
const numbers = listed.rows.map((row) => row.person_no ?? row.no);
const typed = ['张', '王', '李伟', 'zw', 'lxm', '津A', '1234', '8888', '陈', 'wang'];
const pages = { 'customer page': (n) => `/api/persons/${numbers[n % numbers.length]}`, search: (n) => `/api/search?q=${encodeURIComponent(typed[n % typed.length])}&limit=10` };

for (const [name, path] of Object.entries(pages)) {
  const total = Number(rate) * Number(seconds);
  const pending = [];
  const started = performance.now();
  for (let n = 0; n < total; n += 1) {
    const due = started + (n * 1000) / Number(rate);
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    pending.push(timed(path(n)));
  }
  const times = (await Promise.all(pending)).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  console.log(`${name}: ${total} requests at ${rate}/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
}
