/** What must be given back, in reverse order. (Node 20 has no AsyncDisposableStack.) */
export interface Resources extends AsyncDisposable {
  use<T extends AsyncDisposable>(resource: T): T;
  defer(giveBack: () => void | Promise<void>): void;
}

export function createResources(): Resources {
  const held: (() => void | Promise<void>)[] = [];
  let end: Promise<void> | undefined;

  async function release(): Promise<void> {
    for (let giveBack = held.pop(); giveBack !== undefined; giveBack = held.pop()) await giveBack();
  }

  return {
    use(resource) {
      held.push(async () => {
        await resource[Symbol.asyncDispose]();
      });
      return resource;
    },
    defer(giveBack) {
      held.push(giveBack);
    },
    [Symbol.asyncDispose]: () => (end ??= release()),
  };
}
