import type { Observable } from 'rxjs';
import { merge } from 'rxjs';
import type { MemberList } from '../adapter.ts';
import type { Member } from '../model/index.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Where members may be. Emits all it knows at each change; a failure is an emission, never an error or the end. */
export type AddressSource = (runtime: Runtime) => Observable<MemberList>;

export type MemberKind = Member['kind'];

/** Members belong as long as one of the sources lists them: each source speaks only for itself. */
export function mergeSources(...sources: readonly AddressSource[]): AddressSource {
  return (runtime) => merge(...sources.map((source) => source(runtime)));
}
