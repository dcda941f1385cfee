import type { EndpointId } from './endpoint.ts';

/** A server that is watched: one that holds data, or a witness that only testifies about the others. */
export interface Member {
  readonly endpoint: EndpointId;
  readonly kind: 'data' | 'witness';
  /** Where it stands, if that is known; compared for equality only. */
  readonly zone?: string;
}
