// The words of the protocol: one line each way. Replace them with your backend's own.

export type Request =
  | { readonly type: 'peers' }
  | { readonly type: 'echo'; readonly text: string }
  /** From now on each echo of this connection begins with `text`: what a connection has set up. */
  | { readonly type: 'prefix'; readonly text: string };

export type Reply =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'error'; readonly code: string; readonly text: string };
