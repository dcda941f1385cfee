import type { ConfigIssue } from '../errors.ts';
import type { TlsOptions } from '../runtime/with-tls.ts';
import { fileContent } from './secret-file.ts';
import { withoutUndefined } from './without-undefined.ts';

/** What a user writes: the same, or files in PEM; `true` trusts the authorities of the machine. */
export type WrittenTls =
  | boolean
  | {
      readonly caFile?: string | undefined;
      readonly certFile?: string | undefined;
      readonly keyFile?: string | undefined;
      readonly ca?: string | Uint8Array | undefined;
      readonly cert?: string | Uint8Array | undefined;
      readonly key?: string | Uint8Array | undefined;
      readonly passphrase?: string | undefined;
      readonly servername?: string | undefined;
      readonly rejectUnauthorized: boolean;
    };

/** Undefined for plain TCP. A file that cannot be used becomes an issue. */
export function readTls(field: string, written: WrittenTls, issues: ConfigIssue[]): TlsOptions | undefined {
  if (written === false) return undefined;
  if (written === true) return { rejectUnauthorized: true };
  const { caFile, certFile, keyFile, ...rest } = written;
  const read = (file: string, path: string | undefined): Buffer | undefined =>
    path === undefined ? undefined : fileContent(`${field}.${file}`, path, issues);
  const complete = withoutUndefined({
    ...rest,
    ca: rest.ca ?? read('caFile', caFile),
    cert: rest.cert ?? read('certFile', certFile),
    key: rest.key ?? read('keyFile', keyFile),
  });
  if ((complete.cert === undefined) !== (complete.key === undefined)) {
    const problem = 'has a certificate without its key, or a key without its certificate';
    issues.push({ field, value: undefined, problem, fix: 'name certFile and keyFile, or neither' });
  }
  return complete;
}
