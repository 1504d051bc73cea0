import { makeClient, type Answer, type CallOptions, type Middleware } from '@forecourt/api';

/** A refusal or fault of the API (RFC 9457), or of the way to it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    readonly fields: { field: string; zh: string; en: string }[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(zh);
  }
}

/** What the outside world tells the client, and is told by it; the session fills it in. */
export const wire = {
  csrf: '',
  lang: 'zh' as 'zh' | 'en',
  /** Called when the session has ended on the server. */
  signedOut: () => {},
  /** Called when the first password still has to be changed. */
  passwordDue: () => {},
};

const headers: Middleware = {
  onRequest({ request }) {
    request.headers.set('accept-language', wire.lang === 'en' ? 'en' : 'zh-CN');
    if (request.method !== 'GET') request.headers.set('x-csrf-token', wire.csrf);
    return request;
  },
};

const client = makeClient(globalThis.location?.origin ?? '', [headers]);

interface ProblemBody {
  code?: string;
  title?: string;
  title_en?: string;
  fields?: { field: string; zh: string; en: string }[];
}

function problemOf(response: Response, body: unknown): Problem {
  const told = (typeof body === 'object' && body !== null ? body : {}) as ProblemBody;
  const wait = Number(response.headers.get('retry-after'));
  return new Problem(
    response.status,
    told.code ?? `http.${response.status}`,
    told.title ?? `请求失败（${response.status}）`,
    told.title_en ?? told.title ?? `Request failed (${response.status})`,
    told.fields ?? [],
    wait > 0 ? wait : null,
  );
}

function heed(problem: Problem): Problem {
  if (problem.status === 401 && problem.code === 'auth.not_signed_in') wire.signedOut();
  if (problem.code === 'auth.password_change_due') wire.passwordDue();
  return problem;
}

async function send<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options?: CallOptions,
): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await client.send<T>(method, path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(
      0,
      'network',
      '连接不上服务器，请检查网络后重试',
      'The server cannot be reached; check the network and retry',
    );
  }
  if (!answer.response.ok) throw heed(problemOf(answer.response, answer.error));
  return answer.data as T;
}

export const http = {
  get: <T>(path: string, options?: CallOptions) => send<T>('GET', path, options),
  post: <T>(path: string, options?: CallOptions) => send<T>('POST', path, options),
  put: <T>(path: string, options?: CallOptions) => send<T>('PUT', path, options),
  delete: <T>(path: string, options?: CallOptions) => send<T>('DELETE', path, options),
};

/** Fetches a file with the session's rights and hands it to the browser to save. */
export async function download(path: string, query: object = {}): Promise<void> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const suffix = search.size > 0 ? `?${search}` : '';
  const response = await fetch(`${path}${suffix}`, {
    credentials: 'same-origin',
    headers: { 'accept-language': wire.lang === 'en' ? 'en' : 'zh-CN' },
  });
  if (!response.ok) throw heed(problemOf(response, await response.json().catch(() => null)));
  const named = /filename\*?="?(?:UTF-8'')?([^";]+)/i.exec(response.headers.get('content-disposition') ?? '');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = named?.[1] ? decodeURIComponent(named[1]) : 'export.xlsx';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
