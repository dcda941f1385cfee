import { decodeMethod } from '../../protocol/decode.ts';
import { encodeMethod } from '../../protocol/encode.ts';
import { frameType, minFrameBytes } from '../../protocol/frame.ts';
import { methodId, type Arguments, type Method, type MethodName } from '../../protocol/methods.ts';
import type { Table } from '../../protocol/table.ts';
import type { Broker } from './broker.ts';
import { AmqpProblem, channelError, commandInvalid, notAllowed, unexpectedFrame } from './problem.ts';
import { authenticate, mechanisms } from './sasl.ts';
import { serverProperties } from './server-properties.ts';
import type { VirtualHost } from './virtual-host.ts';

/** What was agreed upon. */
export interface Agreement {
  /** What exclusive queues belong to. */
  readonly id: object;
  readonly user: string;
  readonly vhost: VirtualHost;
  readonly capabilities: Table;
  readonly frameMax: number;
  readonly channelMax: number;
  readonly heartbeatS: number;
}

export interface HandshakeOptions {
  readonly broker: Broker;
  readonly node: string;
  send(frame: Buffer): void;
  onOpen(agreement: Agreement): void;
  /** `isTold` says whether the client can be told why, or is just left. */
  onRefusal(problem: AmqpProblem, methodId: number, isTold: boolean): void;
}

type Step = 'starting' | 'tuning' | 'opening' | 'done';

/** From `connection.start` to `connection.open-ok`. */
export function startHandshake(options: HandshakeOptions): (bytes: Buffer, from: number, to: number) => void {
  const { broker, node } = options;
  const { settings } = broker;
  let step: Step = 'starting';
  let user = '';
  let capabilities: Table = {};
  let tuned: Arguments<'connection.tune-ok'> = { channelMax: 0, frameMax: 0, heartbeat: 0 };

  options.send(
    encodeMethod(0, 'connection.start', {
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: serverProperties(settings.version, node),
      mechanisms: Buffer.from(mechanisms),
      locales: Buffer.from('en_US'),
    }),
  );

  function start({ clientProperties, mechanism, response }: Arguments<'connection.start-ok'>): void {
    const offered = clientProperties['capabilities'];
    if (isTable(offered)) capabilities = offered;
    user = authenticate(mechanism, response, broker.users);
    step = 'tuning';
    options.send(
      encodeMethod(0, 'connection.tune', {
        channelMax: settings.channelMax,
        frameMax: settings.frameMax,
        heartbeat: settings.heartbeatS,
      }),
    );
  }

  function tune(wanted: Arguments<'connection.tune-ok'>): void {
    checkNegotiated('frame_max', minFrameBytes, wanted.frameMax, settings.frameMax);
    checkNegotiated('channel_max', 1, wanted.channelMax, settings.channelMax);
    tuned = wanted;
    step = 'opening';
  }

  function open({ virtualHost }: Arguments<'connection.open'>): void {
    const vhost = broker.vhosts.get(virtualHost);
    if (vhost === undefined) throw notAllowed(`vhost ${virtualHost} not found`);
    step = 'done';
    options.send(encodeMethod(0, 'connection.open-ok', {}));
    const unlimited = (limit: number, highest: number): number => (limit === 0 ? highest : limit);
    options.onOpen({
      id: {},
      user,
      vhost,
      capabilities,
      frameMax: unlimited(tuned.frameMax, 2 ** 31),
      channelMax: unlimited(tuned.channelMax, 65_535),
      heartbeatS: tuned.heartbeat,
    });
  }

  function serve(method: Method): void {
    if (step === 'starting' && method.name === 'connection.start-ok') start(method);
    else if (step === 'tuning' && method.name === 'connection.tune-ok') tune(method);
    else if (step === 'opening' && method.name === 'connection.open') open(method);
    else throw channelError(`unexpected method in connection state ${step}`);
  }

  /** Only who asked for it is told of a refused login; whoever tunes wrong is told nothing. */
  function isTold(): boolean {
    if (step === 'starting') return capabilities['authentication_failure_close'] === true;
    return step === 'opening';
  }

  return (bytes, from, to) => {
    let name: MethodName = 'connection.start-ok';
    try {
      if (bytes[from] === frameType.heartbeat) return;
      if (bytes[from] !== frameType.method) throw unexpectedFrame('expected method frame');
      const method = decodeMethod(bytes, from, to);
      ({ name } = method);
      serve(method);
    } catch (problem) {
      const known = problem instanceof AmqpProblem ? problem : commandInvalid(String(problem));
      options.onRefusal(known, step === 'starting' ? 0 : methodId(name), isTold());
    }
  };
}

function checkNegotiated(name: string, min: number, wanted: number, offered: number): void {
  if (wanted !== 0 && wanted < min) {
    throw notAllowed(`negotiated ${name} = ${wanted} is lower than the minimum allowed value (${min})`);
  }
  if (offered !== 0 && (wanted === 0 || wanted > offered)) {
    throw notAllowed(`negotiated ${name} = ${wanted} is higher than the maximum allowed value (${offered})`);
  }
}

function isTable(value: Table[string] | undefined): value is Table {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value) && !Array.isArray(value);
}
