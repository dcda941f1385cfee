import { readTable } from '../../protocol/table.ts';
import { AmqpProblem, commandInvalid } from './problem.ts';
import { replyCode } from '../../protocol/reply-code.ts';

export const mechanisms = 'PLAIN AMQPLAIN';

/** Who logs in. @throws AmqpProblem if it is nobody known */
export function authenticate(
  mechanism: string,
  response: Buffer,
  users: ReadonlyMap<string, string>,
): string {
  const [user, password] = credentialsOf(mechanism, response);
  if (user !== undefined && password !== undefined && users.get(user) === password) return user;
  throw new AmqpProblem(
    replyCode.accessRefused,
    `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`,
    'connection',
  );
}

function credentialsOf(mechanism: string, response: Buffer): readonly (string | undefined)[] {
  switch (mechanism) {
    case 'PLAIN':
      return response.toString().split('\0').slice(1);
    case 'AMQPLAIN': {
      // A table without its length.
      const { LOGIN, PASSWORD } = readTable(response, 0, response.length);
      return [LOGIN, PASSWORD].map((value) => (typeof value === 'string' ? value : undefined));
    }
    default:
      throw commandInvalid(`unknown authentication mechanism '${mechanism}'`);
  }
}
