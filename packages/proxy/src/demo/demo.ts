export async function demo(backend: string, out: NodeJS.WriteStream): Promise<number> {
  void out;
  throw new Error(backend);
}
