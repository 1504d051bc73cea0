// A signed-in user of the HTTP interface, as the console is one.

export class Client {
  constructor(url) {
    this.url = url;
    this.cookie = '';
    this.csrf = '';
  }

  /** Signs in and remembers cookie and CSRF token. */
  static async signIn(url, username, password) {
    const client = new Client(url);
    const { me } = await client.post('/api/sessions', { username, password });
    client.csrf = me.csrf;
    client.me = me;
    return client;
  }

  async raw(method, path, body) {
    const headers = { cookie: this.cookie };
    if (method !== 'GET') headers['x-csrf-token'] = this.csrf;
    if (body !== undefined && !(body instanceof FormData)) headers['content-type'] = 'application/json';
    const payload = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
    const response = await fetch(this.url + path, { method, headers, body: payload });
    const cookie = response.headers.get('set-cookie');
    if (cookie) this.cookie = cookie.split(';')[0];
    return response;
  }

  async json(method, path, body) {
    const response = await this.raw(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} -> ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  get(path) {
    return this.json('GET', path);
  }

  post(path, body = {}) {
    return this.json('POST', path, body);
  }

  /** All rows of a list, page by page. */
  async *rows(path) {
    const join = path.includes('?') ? '&' : '?';
    for (let page = 1; ; page += 1) {
      const found = await this.get(`${path}${join}page=${page}&size=200`);
      yield* found.rows;
      if (page * 200 >= found.total) return;
    }
  }
}
