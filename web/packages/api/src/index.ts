import createClient, { type Middleware } from 'openapi-fetch';

export type { Middleware };

/** What a call may carry: values for the {placeholders} of the path, the query string, a JSON body or a form. */
export interface CallOptions {
  path?: Record<string, string | number>;
  query?: object | undefined;
  body?: unknown;
  form?: FormData;
  signal?: AbortSignal | undefined;
}

/** The outcome of a call as it came over the wire; the console turns an error into a message. */
export interface Answer<T> {
  data: T | undefined;
  error: unknown;
  response: Response;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A client of the Forecourt API. `baseUrl` is empty when the console is served by the API itself. */
export function makeClient(baseUrl: string, middleware: Middleware[]) {
  const client = createClient({
    baseUrl,
    credentials: 'same-origin',
    // Looked up at call time: tests replace globalThis.fetch after the client was made.
    fetch: (request: Request) => globalThis.fetch(request),
  });
  client.use(...middleware);
  return {
    async send<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
      const { path: inPath, query, body, form, signal } = options;
      const init = {
        params: { path: inPath, query },
        ...(form ? { body: form, bodySerializer: (value: unknown) => value } : { body }),
        ...(signal ? { signal } : {}),
      };
      const request = client.request as (method: string, path: string, init: object) => Promise<unknown>;
      return (await request(method.toLowerCase(), path, init)) as Answer<T>;
    },
  };
}
