export interface IdleSettings {
  readonly port: number;
  readonly connections: number;
}

export type IdleNews =
  | { readonly type: 'open'; readonly connections: number }
  | { readonly type: 'failed'; readonly reason: string };
