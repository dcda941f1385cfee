import { encodeMethod } from '../protocol/encode.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { forgetChannel } from './close-channel.ts';
import type { Connection } from './connection.ts';
import { isEnding, isOver } from './connection.ts';
import { closing, tellClient } from './frames.ts';
import { can } from './greeting.ts';
import { mustStay } from './stay-behind.ts';

/** How a client's connection is closed: by us or by the client, in the protocol's own way. */
export interface ClientClosing {
  /** We close: the client is told why, and has a while to answer. */
  close(code: number, text: string, blamed?: Blamed): void;
  /** Before a connection to it was open, a node said that it does not want this client. */
  refusedByNode(code: number, text: string): void;
  /** The client closes, or closes too. */
  closedByClient(): void;
  /** The client answered our close. */
  answered(): void;
  /** No node has anything left to do for the client. */
  nodeIsGone(): void;
}

export interface Blamed {
  readonly classId: number;
  readonly methodId: number;
}

export interface ClientClosingOptions {
  leaveNode(): void;
  end(): void;
}

/** ms for a client to answer our close. */
const closeWithinMs = 2000;

export function createClientClosing(
  connection: Connection,
  { leaveNode, end }: ClientClosingOptions,
): ClientClosing {
  let onNodeGone: (() => void) | undefined;

  function close(code: number, text: string, blamed?: Blamed): void {
    if (isEnding(connection)) return;
    connection.phase = 'closing';
    for (const channel of connection.channels.values()) forgetChannel(connection, channel);
    tellClient(connection, 0, 'connection.close', {
      ...closing(code, text),
      ...(blamed === undefined ? {} : pick(blamed)),
    });
    leaveNode();
    connection.after(closeWithinMs, end);
  }

  return {
    close,
    refusedByNode(code, text) {
      // As RabbitMQ does: who does not ask for it hears no reason for a failed login.
      const isLogin = code === replyCode.accessRefused && connection.phase === 'authenticating';
      if (isLogin && !can(connection.identity?.properties ?? {}, 'authentication_failure_close')) end();
      else close(code, text);
    },
    closedByClient() {
      if (connection.phase === 'closing') {
        tellClient(connection, 0, 'connection.close-ok', {});
        return;
      }
      const { upstream } = connection;
      connection.phase = 'closing';
      const answer = (): void => {
        if (isOver(connection)) return;
        tellClient(connection, 0, 'connection.close-ok', {});
        end();
      };
      if (upstream === undefined || mustStay(connection)) {
        answer();
        return;
      }
      // The node has done all that came before when it says that it has closed.
      onNodeGone = answer;
      const bytes = encodeMethod(0, 'connection.close', closing(replyCode.success, 'closed by the client'));
      upstream.append(bytes, 0, bytes.length);
      connection.after(closeWithinMs, answer);
    },
    answered() {
      end();
    },
    nodeIsGone() {
      onNodeGone?.();
    },
  };
}

function pick({ classId, methodId }: Blamed): Blamed {
  return { classId, methodId };
}
